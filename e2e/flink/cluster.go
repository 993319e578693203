package flink

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Cluster is a Flink cluster and Beam's job server.
type Cluster struct {
	Endpoint string // of the job server
	Options

	dir, jars            string
	rest, rpc, job, data int

	mu        sync.Mutex
	processes map[string]*process
}

// process is a program and its end.
type process struct {
	*exec.Cmd
	done chan struct{}
}

// Options of a cluster.
type Options struct {
	TaskManagers int
	Slots        int // of a task manager
	Restarts     int // how often tasks that fail are started again
	// Hidden is a folder that the task managers see empty, as on machines that
	// do not share it; only root can have it so.
	Hidden string
}

// Start starts a cluster with its logs in dir. Stop ends it.
func Start(dir string, o Options) (*Cluster, error) {
	c := &Cluster{dir: dir, Options: o, processes: map[string]*process{}}
	var err error
	if c.jars, err = jars(); err != nil {
		return nil, err
	}
	if err := freePorts(&c.rest, &c.rpc, &c.job, &c.data); err != nil {
		return nil, err
	}
	c.Endpoint = fmt.Sprintf("127.0.0.1:%d", c.job)
	if err := c.configure(); err != nil {
		return nil, err
	}
	if err := c.start(); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) start() error {
	err := c.run("jobmanager", "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
		[]string{"-Xmx512m", "-XX:MaxMetaspaceSize=256m"}, "--configDir", c.dir)
	if err != nil {
		return err
	}
	if err := wait(startTime, "the job manager", func() bool { return c.overview() != nil }); err != nil {
		return err
	}
	for i := range c.TaskManagers {
		if err := c.StartTaskManager(i); err != nil {
			return err
		}
	}
	err = c.run("jobserver", "org.apache.beam.runners.flink.ClusterJobServer", []string{"-Xmx512m"},
		"--flink-master=127.0.0.1:"+strconv.Itoa(c.rest), "--flink-conf-dir="+c.dir, "--job-host=127.0.0.1",
		"--job-port="+strconv.Itoa(c.job), "--artifact-port="+strconv.Itoa(c.data), "--expansion-port=0",
		"--artifacts-dir="+filepath.Join(c.dir, "artifacts"))
	if err != nil {
		return err
	}
	if err := c.WaitForSlots(); err != nil {
		return err
	}
	return wait(startTime, "the job server", func() bool {
		conn, err := net.Dial("tcp", c.Endpoint)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// configuration is what the processes of a cluster have in common.
const configuration = `jobmanager.rpc.address: 127.0.0.1
jobmanager.rpc.port: %d
jobmanager.bind-host: 127.0.0.1
jobmanager.memory.process.size: 1024m
taskmanager.host: 127.0.0.1
taskmanager.bind-host: 127.0.0.1
taskmanager.numberOfTaskSlots: %d
rest.address: 127.0.0.1
rest.bind-address: 127.0.0.1
rest.port: %d
io.tmp.dirs: %s
classloader.resolve-order: parent-first
classloader.check-leaked-classloader: false
restart-strategy.type: fixed-delay
restart-strategy.fixed-delay.attempts: %d
restart-strategy.fixed-delay.delay: 1s
heartbeat.interval: 1000
heartbeat.timeout: 6000
pekko.ask.timeout: 20s
state.backend.type: hashmap
jobmanager.execution.failover-strategy: region
taskmanager.network.sort-shuffle.min-buffers: 128
`

const logging = `rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss,SSS} %-5p %c{2} - %m%n
`

func (c *Cluster) configure() error {
	for _, d := range []string{"tmp", "artifacts"} {
		if err := os.MkdirAll(filepath.Join(c.dir, d), 0o755); err != nil {
			return err
		}
	}
	text := fmt.Sprintf(configuration, c.rpc, c.Slots, c.rest, filepath.Join(c.dir, "tmp"), c.Restarts)
	if err := os.WriteFile(filepath.Join(c.dir, "config.yaml"), []byte(text), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.dir, "log4j.properties"), []byte(logging), 0o644)
}

// memory gives a task manager every part of its memory, as Flink's start script
// would work them out; one that is missing ends it without a word. The network's
// part is large: a pipeline has many shuffles, and each wants buffers, 512 of them
// unless min-buffers says fewer.
var memory = map[string]int{
	"taskmanager.memory.framework.heap.size":     128,
	"taskmanager.memory.task.heap.size":          384,
	"taskmanager.memory.framework.off-heap.size": 128,
	"taskmanager.memory.task.off-heap.size":      128,
	"taskmanager.memory.network.min":             384,
	"taskmanager.memory.network.max":             384,
	"taskmanager.memory.managed.size":            128,
	"taskmanager.memory.jvm-metaspace.size":      256,
	"taskmanager.memory.jvm-overhead.min":        192,
	"taskmanager.memory.jvm-overhead.max":        192,
}

// StartTaskManager starts task manager number i, which is not running.
func (c *Cluster) StartTaskManager(i int) error {
	args := []string{"--configDir", c.dir, "-D", fmt.Sprintf("taskmanager.cpu.cores=%d.0", c.Slots)}
	for key, megabytes := range memory {
		args = append(args, "-D", fmt.Sprintf("%s=%db", key, megabytes<<20))
	}
	return c.run(taskManager(i), "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
		[]string{"-Xmx512m", "-XX:MaxDirectMemorySize=640m", "-XX:MaxMetaspaceSize=256m"}, args...)
}

func taskManager(i int) string { return fmt.Sprint("taskmanager-", i) }

// opens are the parts of Java 17 that Flink 1.19 and Beam reach into.
var opens = []string{"java.lang", "java.lang.reflect", "java.net", "java.io", "java.nio", "java.text", "java.time",
	"java.util", "java.util.concurrent", "java.util.concurrent.atomic", "java.util.concurrent.locks", "sun.nio.ch"}

// run starts a Java program whose output goes to a log of that name.
func (c *Cluster) run(name, class string, jvm []string, args ...string) error {
	all := append([]string{}, jvm...)
	for _, p := range opens {
		all = append(all, "--add-opens=java.base/"+p+"=ALL-UNNAMED")
	}
	all = append(all, "-Dlog4j.configurationFile=file:"+filepath.Join(c.dir, "log4j.properties"),
		"-Djava.io.tmpdir="+filepath.Join(c.dir, "tmp"), "-cp", c.jars, class)
	log, err := os.OpenFile(filepath.Join(c.dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	argv := append([]string{"java"}, append(all, args...)...)
	if c.Hidden != "" && strings.HasPrefix(name, "taskmanager-") {
		argv = append([]string{"unshare", "-m", "sh", "-c", `mount -t tmpfs none "$0" && exec "$@"`, c.Hidden}, argv...)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "FLINK_CONF_DIR="+c.dir, "JAVA_TOOL_OPTIONS=")
	if err := cmd.Start(); err != nil {
		return err
	}
	p := &process{cmd, make(chan struct{})}
	go func() {
		cmd.Wait()
		close(p.done)
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.processes[name] = p
	return nil
}

// PauseTaskManager stops a task manager and its workers, as if the network
// between it and all others were cut, and lets them go on after a while. The job
// manager takes it for dead meanwhile.
func (c *Cluster) PauseTaskManager(i int, d time.Duration) {
	c.mu.Lock()
	p := c.processes[taskManager(i)]
	c.mu.Unlock()
	if p == nil {
		return
	}
	all := append(children(p.Process.Pid), p.Process.Pid)
	for _, pid := range all {
		syscall.Kill(pid, syscall.SIGSTOP)
	}
	time.Sleep(d)
	for _, pid := range all {
		syscall.Kill(pid, syscall.SIGCONT)
	}
}

// children are the processes that a process started.
func children(pid int) []int {
	var out []int
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, name := range tasks {
		text, _ := os.ReadFile(name)
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				out = append(out, child)
			}
		}
	}
	return out
}

// KillTaskManager ends a task manager at once, as a machine that fails does.
func (c *Cluster) KillTaskManager(i int) { c.end(taskManager(i), syscall.SIGKILL) }

func (c *Cluster) end(name string, signal syscall.Signal) {
	c.mu.Lock()
	p := c.processes[name]
	delete(c.processes, name)
	c.mu.Unlock()
	if p == nil {
		return
	}
	p.Process.Signal(signal)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		p.Process.Kill()
		<-p.done
	}
}

// Processes returns the process ids of the task managers.
func (c *Cluster) Processes() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []int
	for name, p := range c.processes {
		if strings.HasPrefix(name, "taskmanager-") {
			out = append(out, p.Process.Pid)
		}
	}
	return out
}

// Stop ends all processes.
func (c *Cluster) Stop() {
	c.mu.Lock()
	var names []string
	for name := range c.processes {
		names = append(names, name)
	}
	c.mu.Unlock()
	for _, name := range names {
		c.end(name, syscall.SIGTERM)
	}
}

// Log is what a task manager has logged.
func (c *Cluster) Log(i int) string {
	text, _ := os.ReadFile(filepath.Join(c.dir, taskManager(i)+".log"))
	return string(text)
}

// Rest is the address of the job manager.
func (c *Cluster) Rest() string { return fmt.Sprintf("127.0.0.1:%d", c.rest) }

// WaitForSlots waits until the cluster has all its slots.
func (c *Cluster) WaitForSlots() error {
	n := c.TaskManagers * c.Slots
	return wait(startTime, fmt.Sprint(n, " slots"), func() bool {
		o := c.overview()
		return o != nil && o.Slots == n
	})
}

type overview struct {
	Slots int `json:"slots-total"`
}

// overview asks the job manager, and returns nil where it does not answer.
func (c *Cluster) overview() *overview {
	client := http.Client{Timeout: 2 * time.Second}
	r, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/overview", c.rest))
	if err != nil {
		return nil
	}
	defer r.Body.Close()
	var o overview
	if json.NewDecoder(r.Body).Decode(&o) != nil {
		return nil
	}
	return &o
}

// startTime bounds how long a part of the cluster may take to be there.
const startTime = 3 * time.Minute

func wait(most time.Duration, what string, ready func() bool) error {
	for begun := time.Now(); time.Since(begun) < most; time.Sleep(100 * time.Millisecond) {
		if ready() {
			return nil
		}
	}
	return fmt.Errorf("flink: %s did not come within %v", what, most)
}

// freePorts picks ports that nobody listens on.
func freePorts(ports ...*int) error {
	for _, p := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close() // once all are picked, so that they differ
		*p = l.Addr().(*net.TCPAddr).Port
	}
	return nil
}
