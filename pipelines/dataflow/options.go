package dataflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow/dataflowlib"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/store"
)

// Options of a job.
type Options struct {
	dataflowlib.JobOptions
	Staging  string // folder of a bucket for the worker and the graph
	Endpoint string // of the service, where it is not Google's
}

// set sets an option from its text.
type set func(o *Options, text string) error

func text(to func(o *Options) *string) set {
	return func(o *Options, text string) error {
		*to(o) = text
		return nil
	}
}

func number(to func(o *Options) *int64) set {
	return func(o *Options, text string) error {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("%q is not a whole number from 0 on", text)
		}
		*to(o) = n
		return nil
	}
}

func truth(to func(o *Options) *bool) set {
	return func(o *Options, text string) error {
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		*to(o) = b
		return nil
	}
}

func list(to func(o *Options) *[]string) set {
	return func(o *Options, text string) error {
		*to(o) = strings.Split(text, ",")
		return nil
	}
}

func mapping(to func(o *Options) *map[string]string) set {
	return func(o *Options, text string) error {
		if strings.HasPrefix(text, "{") {
			if err := json.Unmarshal([]byte(text), to(o)); err != nil {
				return fmt.Errorf("%q is no JSON object of texts", text)
			}
			return nil
		}
		*to(o) = map[string]string{}
		for _, pair := range strings.Split(text, ",") {
			key, value, ok := strings.Cut(pair, "=")
			if !ok || key == "" {
				return fmt.Errorf("%q is not of the form key=value,key=value", text)
			}
			(*to(o))[key] = value
		}
		return nil
	}
}

// settings are the options by the names that Beam's own launcher gives them.
var settings = map[string]set{
	"autoscaling_algorithm":            text(func(o *Options) *string { return &o.Algorithm }),
	"dataflow_endpoint":                text(func(o *Options) *string { return &o.Endpoint }),
	"dataflow_kms_key":                 text(func(o *Options) *string { return &o.KmsKey }),
	"dataflow_service_options":         list(func(o *Options) *[]string { return &o.DataflowServiceOptions }),
	"disk_size_gb":                     number(func(o *Options) *int64 { return &o.DiskSizeGb }),
	"disk_type":                        text(func(o *Options) *string { return &o.DiskType }),
	"experiments":                      list(func(o *Options) *[]string { return &o.Experiments }),
	"flexrs_goal":                      text(func(o *Options) *string { return &o.FlexRSGoal }),
	"job_name":                         text(func(o *Options) *string { return &o.Name }),
	"labels":                           mapping(func(o *Options) *map[string]string { return &o.Labels }),
	"max_num_workers":                  number(func(o *Options) *int64 { return &o.MaxNumWorkers }),
	"network":                          text(func(o *Options) *string { return &o.Network }),
	"no_use_public_ips":                truth(func(o *Options) *bool { return &o.NoUsePublicIPs }),
	"num_workers":                      number(func(o *Options) *int64 { return &o.NumWorkers }),
	"number_of_worker_harness_threads": number(func(o *Options) *int64 { return &o.WorkerHarnessThreads }),
	"project":                          text(func(o *Options) *string { return &o.Project }),
	"region":                           text(func(o *Options) *string { return &o.Region }),
	"sdk_container_image":              text(func(o *Options) *string { return &o.ContainerImage }),
	"service_account_email":            text(func(o *Options) *string { return &o.ServiceAccountEmail }),
	"staging_location":                 text(func(o *Options) *string { return &o.Staging }),
	"subnetwork":                       text(func(o *Options) *string { return &o.Subnetwork }),
	"temp_location":                    text(func(o *Options) *string { return &o.TempLocation }),
	"template_location":                text(func(o *Options) *string { return &o.TemplateLocation }),
	"transform_name_mapping":           mapping(func(o *Options) *map[string]string { return &o.TransformNameMapping }),
	"update":                           truth(func(o *Options) *bool { return &o.Update }),
	"worker_binary":                    text(func(o *Options) *string { return &o.Worker }),
	"worker_machine_type":              text(func(o *Options) *string { return &o.MachineType }),
	"worker_zone":                      text(func(o *Options) *string { return &o.WorkerZone }),
}

// Names are the names of all options.
func Names() []string { return slices.Sorted(maps.Keys(settings)) }

// Switch reports whether an option is true where it has no value.
func Switch(name string) bool { return name == "update" || name == "no_use_public_ips" }

// jobName is what the service takes as the name of a job, up to nameLength.
var jobName = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)

const nameLength = 1024

func goodName(name string) bool { return len(name) <= nameLength && jobName.MatchString(name) }

// Parse reads options and refuses what can't work, before anything is sent. name
// is the name of the job where none is given.
func Parse(options map[string]string, name string) (Options, error) {
	o := Options{}
	for _, key := range slices.Sorted(maps.Keys(options)) {
		set := settings[key]
		if set == nil {
			return o, fault.Usagef("runner.options: dataflow has no option %q%s", key, fault.Hint(key, Names(), "; see beamline help runners"))
		}
		if err := set(&o, options[key]); err != nil {
			return o, fault.Usagef("runner.options: %s: %v", key, err)
		}
	}
	if o.Name == "" {
		o.Name = name
	}
	o.complete()
	return o, o.check()
}

// complete fills in what follows from other options.
func (o *Options) complete() {
	o.Staging = strings.TrimSuffix(o.Staging, "/")
	if o.TempLocation == "" && o.Staging != "" {
		o.TempLocation = store.Join(o.Staging, "tmp")
	}
	if o.ContainerImage == "" {
		o.ContainerImage = "gcr.io/cloud-dataflow/v1beta3/beam_go_sdk:" + core.SdkVersion
	}
	for _, e := range []string{"beam_fn_api", "use_runner_v2", "use_unified_worker", "use_portable_job_submission"} {
		if !slices.Contains(o.Experiments, e) {
			o.Experiments = append(o.Experiments, e)
		}
	}
	if o.Endpoint != "" {
		o.Endpoint = strings.TrimSuffix(o.Endpoint, "/") + "/"
	}
}

func (o *Options) check() error {
	for _, need := range []struct{ name, value, example string }{
		{"project", o.Project, "my-project"}, {"region", o.Region, "europe-west4"}} {
		if need.value == "" {
			return fault.Usagef("runner.options: dataflow needs %s: --runner-option %s=%s", need.name, need.name, need.example)
		}
	}
	switch {
	case o.Algorithm != "" && o.Algorithm != "NONE" && o.Algorithm != "THROUGHPUT_BASED":
		return fault.Usagef("runner.options: autoscaling_algorithm is NONE or THROUGHPUT_BASED, not %q", o.Algorithm)
	case o.MaxNumWorkers > 0 && o.NumWorkers > o.MaxNumWorkers:
		return fault.Usagef("runner.options: num_workers is %d, more than max_num_workers, %d", o.NumWorkers, o.MaxNumWorkers)
	case !goodName(o.Name):
		return fault.Usagef("runner.options: job_name is %q; it begins with a letter, and has only a-z, 0-9 and -", o.Name)
	case len(o.TransformNameMapping) > 0 && !o.Update:
		return fault.Usagef("runner.options: transform_name_mapping is for update=true")
	case o.Endpoint != "" && !strings.Contains(o.Endpoint, "://"):
		return fault.Usagef("runner.options: dataflow_endpoint is %q, not a URL", o.Endpoint)
	}
	return nil
}

// CheckLaunch refuses what can't be launched, as far as this machine can tell.
func (o *Options) CheckLaunch() error {
	for _, place := range []struct{ name, value string }{{"staging_location", o.Staging}, {"temp_location", o.TempLocation}} {
		if !strings.HasPrefix(place.value, "gs://") {
			return fault.Usagef("runner.options: dataflow needs a folder of a bucket: --runner-option %s=gs://BUCKET/FOLDER", place.name)
		}
		if err := store.Check(place.value); err != nil {
			return err
		}
	}
	if t := o.TemplateLocation; t != "" && !strings.HasPrefix(t, "gs://") {
		return fault.Usagef("runner.options: template_location is %q, not a name in a bucket: gs://BUCKET/NAME", t)
	}
	_, err := o.binary()
	return err
}
