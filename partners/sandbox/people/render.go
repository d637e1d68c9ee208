package people

import (
	"context"
	"io"
	"sync"
)

// chunk is how many accounts are rendered as one.
const chunk = 2000

// Rendering says how accounts become a file.
type Rendering struct {
	Count   uint64                                    // accounts from index 0 on, at most MaxCount
	Append  func(file []byte, account Account) []byte // appends one account; called by several goroutines at once
	Workers int                                       // goroutines; 0 means 1
	Done    func(accounts uint64)                     // called in the order of the file with how many are written; nil: not
}

// Render writes accounts in the order of their indexes, in memory that does not grow with their number. It ends early with
// the error of ctx or of to.
func (p *Population) Render(ctx context.Context, to io.Writer, r Rendering) error {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()

	queue := make(chan chan []byte, max(r.Workers, 1)) // results in the order of the file, some still being made
	group.Go(func() {
		defer close(queue)
		for from := uint64(0); from < r.Count; from += chunk {
			result := make(chan []byte, 1)
			select {
			case <-ctx.Done():
				return
			case queue <- result:
			}
			group.Go(func() { result <- p.render(from, min(from+chunk, r.Count), r.Append) })
		}
	})
	written := uint64(0)
	for result := range queue {
		if _, err := to.Write(<-result); err != nil {
			return err
		}
		written = min(written+chunk, r.Count)
		if r.Done != nil {
			r.Done(written)
		}
	}
	return ctx.Err()
}

func (p *Population) render(from, to uint64, appendTo func([]byte, Account) []byte) []byte {
	content := make([]byte, 0, (to-from)*480) // a row of CSV has about 400 bytes
	for _, account := range p.Range(from, to) {
		content = appendTo(content, account)
	}
	return content
}
