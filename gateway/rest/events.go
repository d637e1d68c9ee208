package rest

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// events gives the handler of a method that goes on answering: each answer is a server-sent event, whose data is the message in JSON.
// A stream that fails ends without the empty line that would make the last event whole. An event whose message tells where to begin again
// has that as its id: a browser that has lost the line names it in Last-Event-ID, which then goes before the position of the query.
func (f *facade) events(route Route) runtime.HandlerFunc {
	form := protojson.MarshalOptions{EmitDefaultValues: true}
	return func(w http.ResponseWriter, r *http.Request, _ map[string]string) {
		resume(exchangeOf(r.Context()))
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // the request has been read; its time must not end the answer
		f.stream(w, r, route, func(h http.Header, m proto.Message) ([]byte, error) {
			data, err := form.Marshal(m)
			if err != nil {
				return nil, err
			}
			h.Set("Content-Type", "text/event-stream")
			return frame(placeOf(m), data), nil
		})
	}
}

// Fields of a stream that can be taken up again.
const (
	nextField     = protoreflect.Name("next_position")
	positionField = "position"
)

// placeOf gives the place at which to begin again behind a message; empty when it tells none.
func placeOf(m proto.Message) string {
	field := m.ProtoReflect().Descriptor().Fields().ByName(nextField)
	if field == nil {
		return ""
	}
	return strconv.FormatInt(m.ProtoReflect().Get(field).Int(), 10)
}

// frame is a server-sent event.
func frame(id string, data []byte) []byte {
	var out []byte
	if id != "" {
		out = append(append(append(out, "id: "...), id...), '\n')
	}
	return append(append(append(out, "data: "...), data...), "\n\n"...)
}

// resume lets a stream begin where the caller says that it broke off.
func resume(x *exchange) {
	if x == nil {
		return
	}
	last := x.r.Header.Values("Last-Event-Id")
	values, err := url.ParseQuery(x.r.URL.RawQuery)
	if len(last) != 1 || last[0] == "" || err != nil { // a bad query is refused when it is decoded
		return
	}
	values.Set(positionField, last[0])
	next := *x.r.URL
	next.RawQuery = values.Encode()
	x.r = x.r.Clone(x.r.Context())
	x.r.URL = &next
}
