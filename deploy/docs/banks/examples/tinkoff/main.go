// Command tinkoff confirms a customer as the systems of T-Bank do: JSON without a signature, the passport in one text.
//
//	go run ./deploy/docs/banks/examples/tinkoff .poruka
//
// It asks about the sandbox's person who is confirmed, asks again with the answer's entity tag, and sends a mistyped SNILS, to show an
// error.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/poruka/poruka/deploy/docs/banks/examples/gateway"
)

func main() {
	dataDir := ".poruka"
	if len(os.Args) > 1 {
		dataDir = os.Args[1]
	}
	if err := run(context.Background(), dataDir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dataDir string) error {
	door, err := gateway.Open(dataDir, "tinkoff")
	if err != nil {
		return err
	}
	good := about("00099900100")
	tag, err := confirm(ctx, door, good, "")
	if err != nil {
		return err
	}
	if _, err := confirm(ctx, door, good, tag); err != nil {
		return err
	}
	_, err = confirm(ctx, door, about("11223344594"), "")
	return err
}

type passport struct {
	SerialNumber string `json:"serialNumber"`
	UnitName     string `json:"unitName"`
	IssueDate    string `json:"issueDate"`
	UnitCode     string `json:"unitCode"`
	Citizenship  string `json:"citizenship"`
}

type request struct {
	RequestID     string    `json:"requestId"`
	SentAt        time.Time `json:"sentAt"`
	FamilyName    string    `json:"family_name"`
	GivenName     string    `json:"given_name"`
	MiddleName    string    `json:"middle_name"`
	Birthdate     string    `json:"birthdate"`
	Gender        string    `json:"gender"`
	Passport      passport  `json:"passport"`
	SNILS         string    `json:"snils"`
	INN           string    `json:"inn"`
	PhoneNumber   string    `json:"phone_number"`
	PhoneVerified bool      `json:"phone_number_verified"`
	Account       struct {
		Status string `json:"status"`
	} `json:"account"`
	Authentication struct {
		Type string    `json:"type"`
		At   time.Time `json:"authenticatedAt"`
	} `json:"authentication"`
	Consent struct {
		Granted bool      `json:"granted"`
		At      time.Time `json:"grantedAt"`
	} `json:"consent"`
}

type reason struct {
	Code   string `json:"code"`
	Actor  string `json:"actor"`
	Retry  string `json:"retry"`
	TextRU string `json:"textRu"`
}

type decision struct {
	ConfirmationName string   `json:"confirmationName"`
	Status           string   `json:"status"`
	Replayed         bool     `json:"replayed"`
	Reasons          []reason `json:"reasons"`
}

type refusal struct {
	ErrorID      string            `json:"errorId"`
	ErrorMessage string            `json:"errorMessage"`
	ErrorCode    string            `json:"errorCode"`
	ErrorDetails map[string]string `json:"errorDetails"`
	Reason       reason            `json:"reason"`
}

func about(snils string) request {
	now := time.Now().UTC()
	r := request{
		RequestID: uuid.NewString(), SentAt: now,
		FamilyName: "Образцова", GivenName: "Марина", MiddleName: "Сергеевна", Birthdate: "1990-04-21", Gender: "female",
		Passport: passport{SerialNumber: "4510999001", UnitName: "ОВД ПЕСОЧНОГО РАЙОНА Г. МОСКВЫ", IssueDate: "2010-05-12", UnitCode: "770-100", Citizenship: "РФ"},
		SNILS:    snils, INN: "500100732259", PhoneNumber: "+79009990001", PhoneVerified: true,
	}
	r.Account.Status = "ACTIVE"
	r.Authentication.Type, r.Authentication.At = "MOBILE_APP", now.Add(-30*time.Second)
	r.Consent.Granted, r.Consent.At = true, now.Add(-10*time.Second)
	return r
}

// confirm sends a request, with the tag of an earlier answer if there is one, and gives the tag of the answer.
func confirm(ctx context.Context, door *gateway.Gateway, r request, tag string) (string, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if tag != "" {
		header.Set("If-Match", tag)
	}
	answer, err := door.Post(ctx, gateway.Message{Header: header, Body: body})
	if err != nil {
		return "", err
	}
	if answer.Status != http.StatusOK {
		var not refusal
		if err := json.Unmarshal(answer.Body, &not); err != nil {
			return "", err
		}
		fmt.Printf("not decided: HTTP %d, %s, %s, %s acts, repeat: %s; fields %v; call %s\n%s\n", answer.Status, not.ErrorCode,
			not.Reason.Code, not.Reason.Actor, not.Reason.Retry, not.ErrorDetails, not.ErrorID, not.ErrorMessage)
		return "", nil
	}
	var decided decision
	if err := json.Unmarshal(answer.Body, &decided); err != nil {
		return "", err
	}
	fmt.Printf("decided: %s, %s, given before: %t, %v\n", decided.Status, decided.ConfirmationName, decided.Replayed, decided.Reasons)
	return answer.Header.Get("ETag"), nil
}
