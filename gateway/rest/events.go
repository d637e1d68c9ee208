package rest

import (
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// events gives the handler of a method that goes on answering: each answer is a server-sent event, whose data is the message in JSON.
// A stream that fails ends without the empty line that would make the last event whole.
func (f *facade) events(route Route) runtime.HandlerFunc {
	form := protojson.MarshalOptions{EmitDefaultValues: true}
	return func(w http.ResponseWriter, r *http.Request, _ map[string]string) {
		ctx := r.Context()
		control := http.NewResponseController(w)
		begun := false
		err := f.hop.serve(ctx, route.RPC(), func(m proto.Message) error {
			data, err := form.Marshal(m)
			if err != nil {
				return err
			}
			if !begun {
				begun = true
				w.Header().Set("Content-Type", "text/event-stream")
			}
			if err := control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil { //nolint:forbidigo // a socket's deadline is real time
				return err
			}
			if _, err := w.Write(append(append([]byte("data: "), data...), "\n\n"...)); err != nil {
				return err
			}
			return control.Flush()
		})
		switch {
		case err != nil && begun:
			panic(http.ErrAbortHandler)
		case err != nil:
			f.writeError(ctx, w, err)
		}
	}
}
