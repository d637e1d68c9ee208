package rest

import (
	"fmt"
	"mime"
	"net/http"
	"path"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/protobuf/proto"
)

// streamOver serves a method that answers with a file in pieces, as a file, and any other stream as events; grpc-gateway would put
// every piece into JSON.
func (f *facade) streamOver(route Route) error {
	if route.Verb != http.MethodGet {
		return fmt.Errorf("rest: the stream of %s is not read by GET", route.Method.FullName())
	}
	body := (*httpbody.HttpBody)(nil).ProtoReflect().Descriptor().FullName()
	if route.Method.Output().FullName() != body {
		return f.routes.HandlePath(route.Verb, route.Path, f.events(route))
	}
	return f.routes.HandlePath(route.Verb, route.Path, f.file(route)) // the newest handler of a path goes first
}

// file gives the handler of a method that answers with a file.
func (f *facade) file(route Route) runtime.HandlerFunc {
	name := "poruka-" + path.Base(route.Path)
	return func(w http.ResponseWriter, r *http.Request, _ map[string]string) {
		f.stream(w, r, route, func(h http.Header, m proto.Message) ([]byte, error) {
			piece, ok := m.(*httpbody.HttpBody)
			if !ok {
				return nil, errNoMessage
			}
			h.Set("Content-Type", piece.GetContentType())
			h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + extension(piece.GetContentType())}))
			return piece.GetData(), nil
		})
	}
}

// stream sends what show makes of each message, as soon as there is one; the headers that it sets with the first go with the answer.
// When the stream fails half-way the connection is broken off, so that what has arrived can not be taken for whole.
func (f *facade) stream(w http.ResponseWriter, r *http.Request, route Route, show func(http.Header, proto.Message) ([]byte, error)) {
	control := http.NewResponseController(w)
	begun := false
	err := f.hop.serve(r.Context(), route.RPC(), func(m proto.Message) error {
		data, err := show(w.Header(), m)
		if err != nil {
			return err
		}
		begun = true
		if err := control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil { //nolint:forbidigo // a socket's deadline is real time
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
		return control.Flush()
	})
	switch {
	case err != nil && begun:
		panic(http.ErrAbortHandler)
	case err != nil:
		f.writeError(r.Context(), w, err)
	}
}

// extension is what people expect at the end of a file's name.
func extension(contentType string) string {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch kind {
	case "text/csv":
		return ".csv"
	case "application/jsonl":
		return ".jsonl"
	default:
		return ""
	}
}
