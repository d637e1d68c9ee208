package server

import (
	"context"
	"fmt"
	"sync"
)

// task is a part that runs as long as the server does. It returns nil when its context ends; an error ends the server.
type task struct {
	name string
	run  func(context.Context) error
}

// runTasks starts the tasks. The channel gets the first error of any; wait returns when all have ended.
func runTasks(ctx context.Context, tasks []task) (failed <-chan error, wait func()) {
	var all sync.WaitGroup
	first := make(chan error, len(tasks))
	for _, t := range tasks {
		all.Go(func() {
			if err := t.run(ctx); err != nil {
				first <- fmt.Errorf("%s: %w", t.name, err)
			}
		})
	}
	return first, all.Wait
}
