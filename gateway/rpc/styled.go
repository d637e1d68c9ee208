package rpc

import (
	"context"
	"errors"
	"regexp"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/wire"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

// Dialects finds how banks write; a style.Set is one.
type Dialects interface {
	// Find finds a dialect by the style that the roster gives a bank.
	Find(name string) (style.Dialect, bool)
}

// noDialects is what a gateway has that was given none.
type noDialects struct{}

// Find finds nothing.
func (noDialects) Find(string) (style.Dialect, bool) { return nil, false }

func (c Config) withDialects() Config {
	if c.Dialects == nil {
		c.Dialects = noDialects{}
	}
	if c.Standing == nil {
		c.Standing = func(partners.Partner) style.Limits { return style.Limits{} }
	}
	return c
}

// ConfirmStyled confirms one customer in the bank's own dialect: once read it is ConfirmIdentity.
func (s confirmations) ConfirmStyled(ctx context.Context, in *porukav1.ConfirmStyledRequest) (*porukav1.ConfirmStyledResponse, error) {
	bank, err := s.cfg.bankOf(ctx, in.GetBank())
	if err != nil {
		return nil, err
	}
	dialect, ok := s.cfg.Dialects.Find(bank.Partner.Style)
	if !ok {
		return nil, fault.New(fault.Precondition, fault.DialectNone)
	}
	if patience := style.TermsOf(dialect).Deadline; patience > 0 { // the bank hangs up then
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	message, err := styledMessage(in, dialect)
	if err != nil {
		return nil, err
	}
	asked, err := dialect.Decode(message, bank.Partner.Keys, s.cfg.Clock())
	if err != nil {
		tellStyledID(ctx, asked.ID)
		return nil, unreadable(err)
	}
	request, err := nativeRequest(asked)
	if err == nil {
		err = s.cfg.Validate(request)
	}
	if err != nil {
		tellStyledID(ctx, asked.ID)
		return nil, err
	}
	bank.Style = dialect.Name()
	decided, err := s.confirm(ctx, bank, request)
	if err != nil {
		tellStyledID(ctx, asked.ID)
		return nil, err
	}
	answer := styledAnswer(decided)
	answer.Limits = s.cfg.Standing(bank.Partner)
	return styledResponse(dialect.Answer(message, answer)), nil
}

// styledMessage is the message as a dialect reads it: of the headers, those that it knows.
func styledMessage(in *porukav1.ConfirmStyledRequest, dialect style.Dialect) (style.Message, error) {
	given := make(map[string]string, len(in.GetHeaders()))
	for _, h := range in.GetHeaders() {
		if _, twice := given[h.GetName()]; twice {
			return style.Message{}, malformed(shown(h.GetName()), "the header must be given once")
		}
		given[h.GetName()] = h.GetValue()
	}
	message := style.Message{ContentType: in.GetContentType(), Header: style.Header{}, Body: in.GetBody()}
	for _, name := range dialect.Headers() {
		value, ok := given[name]
		if !ok {
			continue
		}
		if !printable(value) {
			return style.Message{}, malformed(name, "the header must be printable ASCII")
		}
		message.Header[name] = value
	}
	return message, nil
}

func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// fieldForm is what a name of a field may look like; anything else that a bank has put in the place of one is not repeated.
var fieldForm = regexp.MustCompile(`^[A-Za-z@_][A-Za-z0-9_.\[\]@:/-]{0,127}$`)

func shown(name string) string {
	if name == "" || fieldForm.MatchString(name) {
		return name
	}
	return "?"
}

// mostFields bounds the answer to a body in which everything is wrong.
const mostFields = 20

// unreadable makes the fault of what a dialect could not read.
func unreadable(err error) error {
	var malformed *style.Malformed
	var unsigned *signature.Error
	switch {
	case errors.As(err, &unsigned):
		switch unsigned.Step {
		case signature.Malformed, signature.KeyUnknown, signature.KeyInactive, signature.DigestDiffers:
			return fault.Wrap(fault.Unauthenticated, fault.Reason(unsigned.Step), err)
		}
	case errors.As(err, &malformed):
		violations := make([]fault.Violation, 0, min(len(malformed.Fields), mostFields))
		for _, f := range malformed.Fields[:min(len(malformed.Fields), mostFields)] {
			v := fault.Violation{Field: shown(f.Path), Reason: fault.Reason(f.Reason), Text: f.Text}
			if v.Reason == "" {
				v.Reason = fault.FieldFormat
			}
			violations = append(violations, v)
		}
		return fault.InvalidFields(violations...)
	}
	return fault.Wrap(fault.Internal, fault.Defect, err)
}

// tellStyledID tells who was refused which request it was, in the form in which FindConfirmation takes it.
func tellStyledID(ctx context.Context, id string) {
	if id != "" {
		_ = grpc.SetTrailer(ctx, metadata.MD{wire.StyledRequestIDHeader: []string{id}}) // fails when the connection is gone
	}
}
