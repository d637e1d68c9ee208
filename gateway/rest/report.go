package rest

import (
	"net/http"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// reportPath is the route of AuditService.ExportReport. grpc-gateway would put every piece of the file into JSON.
const reportPath = "/v1/audit/report"

// report streams a report as a file. When it fails half-way the connection is broken off, so that what has arrived can not be taken for whole.
func (f *facade) report(w http.ResponseWriter, r *http.Request, _ map[string]string) {
	ctx := r.Context()
	x := exchangeOf(ctx)
	control := http.NewResponseController(w)
	begun := false
	err := f.hop.server[porukav1.AuditService_ExportReport_FullMethodName](ctx, x, func(m proto.Message) error {
		piece, ok := m.(*httpbody.HttpBody)
		if !ok {
			return errNoMessage
		}
		if !begun {
			begun = true
			w.Header().Set("Content-Type", piece.GetContentType())
			w.Header().Set("Content-Disposition", `attachment; filename="poruka-report"`)
		}
		if err := control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil { //nolint:forbidigo // a socket's deadline is real time
			return err
		}
		if _, err := w.Write(piece.GetData()); err != nil {
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
