// Command bspb confirms a customer as the systems of Bank Saint-Petersburg do: JSON, and a detached JWS (PS256) of the body in a header.
//
//	go run ./deploy/docs/banks/examples/bspb .poruka
//
// It asks twice: about the sandbox's person who is confirmed, and with a mistyped SNILS, to show an error.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
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
	door, err := gateway.Open(dataDir, "bspb")
	if err != nil {
		return err
	}
	for _, snils := range []string{"00099900100", "11223344594"} {
		if err := confirm(ctx, door, snils); err != nil {
			return err
		}
	}
	return nil
}

type issuer struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

type document struct {
	Series         string `json:"series"`
	Number         string `json:"number"`
	DateOfIssuance string `json:"date_of_issuance"`
	Issuer         issuer `json:"issuer"`
}

type request struct {
	InteractionID string   `json:"interaction_id"`
	IssuedAt      int64    `json:"iat"` // all times in seconds since 1970
	FamilyName    string   `json:"family_name"`
	GivenName     string   `json:"given_name"`
	MiddleName    string   `json:"middle_name"`
	Birthdate     string   `json:"birthdate"`
	Gender        string   `json:"gender"`
	Nationality   string   `json:"nationality"`
	Document      document `json:"document"`
	SNILS         string   `json:"snils"`
	INN           string   `json:"inn"`
	PhoneNumber   string   `json:"phone_number"`
	Account       struct {
		Status           string `json:"status"`
		PhoneNumberBound bool   `json:"phone_number_bound"`
	} `json:"account"`
	Means    string `json:"amr"`
	AuthTime int64  `json:"auth_time"`
	Consent  struct {
		Status string `json:"status"`
		Time   int64  `json:"time"`
	} `json:"consent"`
}

type reason struct {
	Code   string `json:"code"`
	Actor  string `json:"actor"`
	Retry  string `json:"retry"`
	TextRU string `json:"text_ru"`
}

type decision struct {
	ConfirmationID string   `json:"confirmation_id"`
	Outcome        string   `json:"outcome"`
	Reasons        []reason `json:"reasons"`
}

// problem is a problem of RFC 9457.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"`
	Reason   reason `json:"reason"`
	Errors   []struct {
		Field string `json:"field"`
		Code  string `json:"code"`
	} `json:"errors"`
}

func about(snils string) request {
	now := time.Now()
	r := request{
		InteractionID: uuid.NewString(), IssuedAt: now.Unix(),
		FamilyName: "Образцова", GivenName: "Марина", MiddleName: "Сергеевна", Birthdate: "1990-04-21", Gender: "female", Nationality: "RUS",
		Document: document{
			Series: "4510", Number: "999001", DateOfIssuance: "2010-05-12", Issuer: issuer{Code: "770-100", Name: "ОВД ПЕСОЧНОГО РАЙОНА Г. МОСКВЫ"},
		},
		SNILS: snils, INN: "500100732259", PhoneNumber: "+79009990001",
		Means: "app", AuthTime: now.Add(-30 * time.Second).Unix(),
	}
	r.Account.Status, r.Account.PhoneNumberBound = "Enabled", true
	r.Consent.Status, r.Consent.Time = "Authorised", now.Add(-10*time.Second).Unix()
	return r
}

// sign makes a JWS without its payload; the payload is signed as it is, not in base64url (RFC 7797).
func sign(door *gateway.Gateway, body []byte) (string, error) {
	key, _, err := door.SigningKey()
	if err != nil {
		return "", err
	}
	id, err := door.KeyID()
	if err != nil {
		return "", err
	}
	options := (&jose.SignerOptions{}).WithBase64(false)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: jose.JSONWebKey{Key: key, KeyID: id}}, options)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(body)
	if err != nil {
		return "", err
	}
	return signed.DetachedCompactSerialize()
}

func confirm(ctx context.Context, door *gateway.Gateway, snils string) error {
	r := about(snils)
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	sig, err := sign(door, body)
	if err != nil {
		return err
	}
	answer, err := door.Post(ctx, gateway.Message{
		Header: http.Header{"Content-Type": {"application/json"}, "X-Fapi-Interaction-Id": {r.InteractionID}, "X-Jws-Signature": {sig}}, Body: body,
	})
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		var not problem
		if err := json.Unmarshal(answer.Body, &not); err != nil {
			return err
		}
		fmt.Printf("not decided: HTTP %d, %s, %s acts, repeat: %s; fields %v; %s\n%s\n",
			not.Status, not.Reason.Code, not.Reason.Actor, not.Reason.Retry, not.Errors, not.Instance, not.Detail)
		return nil
	}
	var decided decision
	if err := json.Unmarshal(answer.Body, &decided); err != nil {
		return err
	}
	fmt.Printf("decided: %s, %s, %v\n", decided.Outcome, decided.ConfirmationID, decided.Reasons)
	return nil
}
