package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/partners/style"
)

// About is what a gateway says of itself and of the caller.
type About struct {
	Identity   string // in the certificate
	Bank       string // empty when the caller is none
	Style      string // the dialect that the roster gives the bank
	Version    string
	Sandbox    bool // it knows the persons of the sandbox
	ServerTime time.Time
}

// Ask asks a gateway who it is, and for whom it takes the caller, before there is a Bank: of cfg it needs the address, the certificate
// and the clock. The error wraps ErrUnreachable when there is no answer.
func Ask(ctx context.Context, cfg Config) (About, error) {
	b := open(cfg)
	defer b.Close()
	return b.Describe(ctx)
}

// Describe asks the gateway who it is, and for whom it takes the caller. The error wraps ErrUnreachable when there is no answer.
func (b *Bank) Describe(ctx context.Context) (About, error) {
	asked := b.cfg.Clock()
	var out porukav1.DescribeCallerResponse
	status, err := b.native(ctx, http.MethodGet, "/v1/caller", nil, &out)
	switch {
	case ctx.Err() != nil:
		return About{}, ctx.Err()
	case err != nil:
		return About{}, fmt.Errorf("%w at %s: %w", ErrUnreachable, b.cfg.Address, err)
	case status != http.StatusOK:
		return About{}, fmt.Errorf("check: the gateway at %s does not let this caller in: HTTP %d", b.cfg.Address, status)
	}
	about := About{
		Identity: out.GetIdentity(), Bank: out.GetBank(), Style: out.GetStyle(), Version: out.GetVersion(),
		Sandbox: out.GetSandbox(), ServerTime: out.GetServerTime().AsTime(),
	}
	b.skew = about.ServerTime.Sub(asked)
	if perSecond := out.GetLimits().GetRequestsPerSecond(); perSecond > 0 {
		b.pace.SetLimit(rate.Limit(perSecond * share))
	}
	return about, nil
}

// share is the part of what a bank may send that a run sends: that there can be too much is a case of its own.
const share = 0.9

// lookUp settles what became of a request.
func (b *Bank) lookUp(ctx context.Context, id string) (state string, found *porukav1.Confirmation, err error) {
	var out porukav1.FindConfirmationResponse
	status, err := b.native(ctx, http.MethodGet, "/v1/confirmations:byRequest?requestId="+url.QueryEscape(id), nil, &out)
	if err != nil {
		return "", nil, err
	}
	if status != http.StatusOK {
		return "", nil, fmt.Errorf("wanted the look-up by request id to be answered; came HTTP %d", status)
	}
	return out.GetState().String(), out.GetConfirmation(), nil
}

// settled looks a request up until it is under way no more.
func (b *Bank) settled(ctx context.Context, id string) (string, *porukav1.Confirmation, error) {
	for {
		state, found, err := b.lookUp(ctx, id)
		if err != nil || state != porukav1.FindConfirmationResponse_RUNNING.String() {
			return state, found, err
		}
		if err := pause(ctx); err != nil {
			return "", nil, errLate
		}
	}
}

// lookUpPace is how often a request that is under way is looked up.
const lookUpPace = 50 * time.Millisecond

func pause(ctx context.Context) error {
	timer := time.NewTimer(lookUpPace)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// askNative sends a request by the native API.
func (b *Bank) askNative(ctx context.Context, r style.Request) (reply, error) {
	body, err := protojson.Marshal(nativeOf(r))
	if err != nil {
		return reply{}, errors.New("this program cannot write the request in the native form")
	}
	var out porukav1.ConfirmIdentityResponse
	var refused nativeRefusal
	status, err := b.nativeOr(ctx, http.MethodPost, "/v1/confirmations", body, &out, &refused)
	if err != nil {
		return reply{}, err
	}
	got := reply{message: style.Message{Status: status}}
	if status == http.StatusOK {
		c := out.GetConfirmation()
		answer := style.Answer{
			Name: c.GetName(), RequestID: c.GetRequestId(), Outcome: c.GetOutcome().String(), Replayed: c.GetReplayed(), Receipt: c.GetReceipt(),
		}
		for _, reason := range c.GetReasons() {
			answer.Reasons = append(answer.Reasons, style.Reason{Code: reason.GetReason().String()})
		}
		b.saw(answer)
		got.answer = &answer
	} else if code := refused.reason(); code != "" {
		got.refusal = &style.Refusal{HTTPStatus: status, Reason: style.Reason{Code: code}}
	}
	return got, nil
}

func nativeOf(r style.Request) *porukav1.ConfirmIdentityRequest {
	p := r.Person
	out := &porukav1.ConfirmIdentityRequest{
		RequestId: r.ID,
		Person: &porukav1.Person{
			FamilyName: p.FamilyName, GivenName: p.GivenName, MiddleName: p.MiddleName, BirthDate: p.BirthDate,
			Sex: porukav1.Person_Sex(porukav1.Person_Sex_value[p.Sex]), Citizenship: p.Citizenship,
			Passport: &porukav1.Passport{
				Series: p.Passport.Series, Number: p.Passport.Number, IssueDate: p.Passport.IssueDate,
				DepartmentCode: p.Passport.DepartmentCode, Issuer: p.Passport.Issuer,
			},
			Snils: p.SNILS, Inn: p.INN, MobilePhone: p.MobilePhone, Email: p.Email,
		},
		BankAccount: &porukav1.BankAccount{Active: r.AccountActive, PhoneBound: r.PhoneBound},
		Authentication: &porukav1.Authentication{
			Method: porukav1.Authentication_Method(porukav1.Authentication_Method_value[r.Means]), Time: timestamppb.New(r.AuthenticatedAt),
		},
		Consent: &porukav1.Consent{Given: r.ConsentGiven},
		DryRun:  r.DryRun,
	}
	if !r.ConsentAt.IsZero() {
		out.Consent.Time = timestamppb.New(r.ConsentAt)
	}
	if !r.SentAt.IsZero() {
		out.SendTime = timestamppb.New(r.SentAt)
	}
	return out
}

// nativeRefusal is a google.rpc.Status in JSON, as far as it is of use here.
type nativeRefusal struct {
	Details []struct {
		Type   string `json:"@type"`
		Reason string `json:"reason"`
	} `json:"details"`
}

func (n nativeRefusal) reason() string {
	for _, detail := range n.Details {
		if strings.HasSuffix(detail.Type, "google.rpc.ErrorInfo") {
			return detail.Reason
		}
	}
	return ""
}

// native makes a native call. out is filled when the status is 200.
func (b *Bank) native(ctx context.Context, verb, path string, body []byte, out proto.Message) (int, error) {
	return b.nativeOr(ctx, verb, path, body, out, nil)
}

func (b *Bank) nativeOr(ctx context.Context, verb, path string, body []byte, out proto.Message, refused *nativeRefusal) (int, error) {
	if b.pace.Wait(ctx) != nil {
		return 0, errLate
	}
	request, err := http.NewRequestWithContext(ctx, verb, b.url(path), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	m, err := exchange(b.client, request)
	if err != nil {
		return 0, err
	}
	if m.Status == http.StatusOK {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(m.Body, out)
	} else if refused != nil {
		refused.Details = nil
		err = unmarshal(m.Body, refused)
	}
	if err != nil {
		return 0, fmt.Errorf("wanted an answer in the native form; came HTTP %d with a body that cannot be read", m.Status)
	}
	return m.Status, nil
}
