package portable

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
)

// restTime bounds how long a job manager may take to answer.
const restTime = 5 * time.Second

// checkSlots asks Flink's job manager whether the cluster has the slots that the
// job needs: Flink itself waits for slots for minutes, and says nothing.
func checkSlots(ctx context.Context, rest string, parallelism int) error {
	if rest == "" {
		return nil
	}
	ctx, stop := context.WithTimeout(ctx, restTime)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+rest+"/overview", nil)
	if err != nil {
		return fault.Usagef("runner.options: rest is %q, not HOST:PORT", rest)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fault.Usagef("no job manager of Flink answers at %s", rest)
	}
	defer answer.Body.Close()
	var cluster struct {
		TaskManagers int `json:"taskmanagers"`
		Slots        int `json:"slots-total"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&cluster); err != nil || answer.StatusCode != http.StatusOK {
		return fault.Usagef("what answers at %s is no job manager of Flink", rest)
	}
	if cluster.Slots < parallelism {
		return fmt.Errorf("the cluster has %d slots on %d task managers, and parallelism=%d needs as many", cluster.Slots, cluster.TaskManagers, parallelism)
	}
	return nil
}
