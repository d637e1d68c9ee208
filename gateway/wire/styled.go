package wire

import (
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/partners/style"
)

// StyledRequestIDHeader is the trailer of a refused call in a dialect that tells the bank's own id of the request, as a UUID, when it
// could be read.
const StyledRequestIDHeader = "x-styled-request-id"

// StyledReason writes a reason for a dialect. What is not told is empty.
func StyledReason(r *porukav1.Reason) style.Reason {
	out := style.Reason{
		Code: r.GetReason().String(), Retry: r.GetRetry().String(), DelaySeconds: int(r.GetRetryDelaySeconds()),
		TextRU: r.GetText().GetRu(), TextEN: r.GetText().GetEn(),
	}
	if r.GetGroup() != porukav1.Reason_GROUP_UNSPECIFIED {
		out.Group = r.GetGroup().String()
	}
	if r.GetActor() != porukav1.Reason_ACTOR_UNSPECIFIED {
		out.Actor = r.GetActor().String()
	}
	return out
}

// Refusal writes a status made by Status for a dialect: what the status tells, and nothing else but the reason's texts.
func Refusal(st *status.Status) style.Refusal {
	out := style.Refusal{HTTPStatus: HTTP(st.Code()), Code: CodeName(st.Code())}
	var delay int32
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			out.Reason, out.Metadata = StyledReason(ReasonOf(d.GetReason())), d.GetMetadata()
		case *errdetails.RetryInfo:
			delay = Seconds(d.GetRetryDelay().AsDuration())
		case *errdetails.RequestInfo:
			out.ID = d.GetRequestId()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				out.Fields = append(out.Fields, style.Field{Path: v.GetField(), Reason: v.GetReason(), Text: v.GetDescription()})
			}
		}
	}
	if delay > 0 {
		out.Reason.DelaySeconds = int(delay)
	}
	return out
}
