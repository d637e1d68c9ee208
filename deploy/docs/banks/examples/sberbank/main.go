// Command sberbank confirms a customer as Sberbank's systems do: JSON in a compact JWS, signed with ES256.
//
//	go run ./deploy/docs/banks/examples/sberbank .poruka
//
// It asks twice: about the sandbox's person who is confirmed, and with a mistyped SNILS, to show an error.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
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
	door, err := gateway.Open(dataDir, "sberbank")
	if err != nil {
		return err
	}
	for _, snils := range []string{"000-999-001 00", "112-233-445 94"} {
		if err := confirm(ctx, door, snils); err != nil {
			return err
		}
	}
	return nil
}

type number struct {
	Number string `json:"number"`
}

type identification struct {
	Series     string `json:"series"`
	Number     string `json:"number"`
	IssuedBy   string `json:"issued_by"`
	IssuedDate string `json:"issued_date"`
	Code       string `json:"code"`
}

type request struct {
	RqUID          string         `json:"RqUID"`
	RqTm           time.Time      `json:"RqTm"`
	FamilyName     string         `json:"family_name"`
	GivenName      string         `json:"given_name"`
	MiddleName     string         `json:"middle_name"`
	Birthdate      string         `json:"birthdate"`
	Gender         int            `json:"gender"`
	Citizenship    string         `json:"citizenship"`
	Identification identification `json:"identification"`
	SNILS          number         `json:"snils"`
	INN            number         `json:"inn"`
	PhoneNumber    string         `json:"phone_number"`
	Account        struct {
		Active      bool `json:"active"`
		PhoneLinked bool `json:"phone_linked"`
	} `json:"account"`
	Authentication struct {
		Method string    `json:"method"`
		Time   time.Time `json:"time"`
	} `json:"authentication"`
	Consent struct {
		Given bool      `json:"given"`
		Time  time.Time `json:"time"`
	} `json:"consent"`
}

type reason struct {
	Code   string `json:"code"`
	Actor  string `json:"actor"`
	Retry  string `json:"retry"`
	TextRU string `json:"text_ru"`
}

type decision struct {
	Confirmation string   `json:"confirmation"`
	Outcome      string   `json:"outcome"`
	Reasons      []reason `json:"reasons"`
}

type refusal struct {
	MoreInformation string `json:"moreInformation"`
	ErrorID         string `json:"errorId"`
	Reason          reason `json:"reason"`
	Fields          []struct {
		Name string `json:"name"`
		Code string `json:"code"`
	} `json:"fields"`
}

// about fills in everything but the signature.
func about(snils string) request {
	now := time.Now()
	r := request{
		RqUID: strings.ReplaceAll(uuid.NewString(), "-", ""), RqTm: now,
		FamilyName: "Образцова", GivenName: "Марина", MiddleName: "Сергеевна", Birthdate: "1990-04-21", Gender: 2, Citizenship: "RUS",
		Identification: identification{Series: "45 10", Number: "999001", IssuedBy: "ОВД ПЕСОЧНОГО РАЙОНА Г. МОСКВЫ", IssuedDate: "2010-05-12", Code: "770-100"},
		SNILS:          number{snils}, INN: number{"500100732259"}, PhoneNumber: "+7 (900) 9990001",
	}
	r.Account.Active, r.Account.PhoneLinked = true, true
	r.Authentication.Method, r.Authentication.Time = "SBOL", now.Add(-30*time.Second)
	r.Consent.Given, r.Consent.Time = true, now.Add(-10*time.Second)
	return r
}

// sign puts a body into a compact JWS.
func sign(door *gateway.Gateway, body []byte) (string, error) {
	key, _, err := door.SigningKey()
	if err != nil {
		return "", err
	}
	id, err := door.KeyID()
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(body)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

func confirm(ctx context.Context, door *gateway.Gateway, snils string) error {
	r := about(snils)
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	signed, err := sign(door, body)
	if err != nil {
		return err
	}
	answer, err := door.Post(ctx, gateway.Message{
		Header: http.Header{"Content-Type": {"application/jose"}, "Rquid": {r.RqUID}}, Body: []byte(signed),
	})
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		var not refusal
		if err := json.Unmarshal(answer.Body, &not); err != nil {
			return err
		}
		fmt.Printf("not decided: HTTP %d, %s, %s acts, repeat: %s; fields %v; call %s\n%s\n",
			answer.Status, not.Reason.Code, not.Reason.Actor, not.Reason.Retry, not.Fields, not.ErrorID, not.MoreInformation)
		return nil
	}
	var decided decision
	if err := json.Unmarshal(answer.Body, &decided); err != nil {
		return err
	}
	fmt.Printf("decided: %s, %s, %v\n", decided.Outcome, decided.Confirmation, decided.Reasons)
	return nil
}
