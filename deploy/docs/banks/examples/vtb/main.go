// Command vtb confirms a customer as the systems of VTB do: JSON, and an Ed25519 signature of the body in a header.
//
//	go run ./deploy/docs/banks/examples/vtb .poruka
//
// It asks twice: about the sandbox's person who is confirmed, and with a mistyped SNILS, to show an error.
package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/base64"
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
	door, err := gateway.Open(dataDir, "vtb")
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

type document struct {
	Series         string `json:"series"`
	Number         string `json:"number"`
	IssueDate      string `json:"issueDate"`
	DepartmentCode string `json:"departmentCode"`
	IssuedBy       string `json:"issuedBy"`
}

type client struct {
	Surname     string   `json:"surname"`
	Name        string   `json:"name"`
	Patronymic  string   `json:"patronymic"`
	BirthDate   string   `json:"birthDate"`
	Sex         string   `json:"sex"`
	Citizenship string   `json:"citizenship"`
	Document    document `json:"document"`
	SNILS       string   `json:"snils"`
	INN         string   `json:"inn"`
	Mobile      string   `json:"mobile"`
}

type request struct {
	RequestID string `json:"requestId"`
	Timestamp int64  `json:"timestamp"` // all times in milliseconds since 1970
	Client    client `json:"client"`
	Account   struct {
		State       string `json:"state"`
		MobileBound bool   `json:"mobileBound"`
	} `json:"account"`
	Login struct {
		Means string `json:"means"`
		At    int64  `json:"at"`
	} `json:"login"`
	Agreement struct {
		Given bool  `json:"given"`
		At    int64 `json:"at"`
	} `json:"agreement"`
}

type reason struct {
	Code      string `json:"code"`
	Actor     string `json:"actor"`
	Retry     string `json:"retry"`
	MessageRU string `json:"messageRu"`
}

type decision struct {
	Result struct {
		Confirmation string   `json:"confirmation"`
		Outcome      string   `json:"outcome"`
		Reasons      []reason `json:"reasons"`
	} `json:"result"`
}

type refusal struct {
	ErrorCode string `json:"error_code"`
	Error     string `json:"error"`
	TraceID   string `json:"trace_id"`
	Reason    reason `json:"reason"`
	Fields    []struct {
		Field string `json:"field"`
		Code  string `json:"code"`
	} `json:"fields"`
}

func about(snils string) request {
	now := time.Now()
	r := request{
		RequestID: uuid.NewString(), Timestamp: now.UnixMilli(),
		Client: client{
			Surname: "Образцова", Name: "Марина", Patronymic: "Сергеевна", BirthDate: "21.04.1990", Sex: "F", Citizenship: "RUS",
			Document: document{Series: "4510", Number: "999001", IssueDate: "12.05.2010", DepartmentCode: "770-100", IssuedBy: "ОВД ПЕСОЧНОГО РАЙОНА Г. МОСКВЫ"},
			SNILS:    snils, INN: "500100732259", Mobile: "79009990001",
		},
	}
	r.Account.State, r.Account.MobileBound = "OPEN", true
	r.Login.Means, r.Login.At = "APP", now.Add(-30*time.Second).UnixMilli()
	r.Agreement.Given, r.Agreement.At = true, now.Add(-10*time.Second).UnixMilli()
	return r
}

// sign signs exactly the bytes of a body.
func sign(door *gateway.Gateway, body []byte) (sig, keyID string, err error) {
	key, _, err := door.SigningKey()
	if err != nil {
		return "", "", err
	}
	raw, err := key.Sign(rand.Reader, body, crypto.Hash(0)) // Ed25519 takes the message itself, not its digest
	if err != nil {
		return "", "", err
	}
	keyID, err = door.KeyID()
	return base64.StdEncoding.EncodeToString(raw), keyID, err
}

func confirm(ctx context.Context, door *gateway.Gateway, snils string) error {
	body, err := json.Marshal(about(snils))
	if err != nil {
		return err
	}
	sig, keyID, err := sign(door, body)
	if err != nil {
		return err
	}
	answer, err := door.Post(ctx, gateway.Message{
		Header: http.Header{"Content-Type": {"application/json"}, "X-Signature": {sig}, "X-Signature-Key-Id": {keyID}}, Body: body,
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
			answer.Status, not.ErrorCode, not.Reason.Actor, not.Reason.Retry, not.Fields, not.TraceID, not.Error)
		return nil
	}
	var decided decision
	if err := json.Unmarshal(answer.Body, &decided); err != nil {
		return err
	}
	fmt.Printf("decided: %s, %s, %v\n", decided.Result.Outcome, decided.Result.Confirmation, decided.Result.Reasons)
	return nil
}
