// Command pochtabank confirms a customer as the systems of Pochta Bank do: XML, and a detached PKCS#7 signature of the body in a header.
//
//	go run ./deploy/docs/banks/examples/pochtabank .poruka
//
// It asks twice: about the sandbox's person who is confirmed, and with a mistyped SNILS, to show an error.
package main

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/smallstep/pkcs7"

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
	door, err := gateway.Open(dataDir, "pochtabank")
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
	Series    string `xml:"series"`
	Number    string `xml:"number"`
	IssueDate string `xml:"issueDate"`
	IssueID   string `xml:"issueId"`
	IssuedBy  string `xml:"issuedBy"`
}

type person struct {
	LastName    string   `xml:"lastName"`
	FirstName   string   `xml:"firstName"`
	MiddleName  string   `xml:"middleName"`
	BirthDate   string   `xml:"birthDate"`
	Gender      string   `xml:"gender"`
	Citizenship string   `xml:"citizenship"`
	SNILS       string   `xml:"snils"`
	INN         string   `xml:"inn"`
	Mobile      string   `xml:"mobile"`
	Document    document `xml:"Document"`
}

type request struct {
	XMLName          xml.Name `xml:"urn:poruka:pochtabank:1 ConfirmationRequest"`
	MessageID        string
	Sender           string
	SendingTimestamp string // all times in Moscow
	Person           person
	Active           bool   `xml:"Account>active"`
	MobileBound      bool   `xml:"Account>mobileBound"`
	Method           string `xml:"Authentication>method"`
	SignedInAt       string `xml:"Authentication>time"`
	ConsentGiven     bool   `xml:"Consent>given"`
	ConsentAt        string `xml:"Consent>time"`
}

type reason struct {
	Code   string
	Actor  string
	Retry  string
	TextRU string
}

type decision struct {
	ConfirmationID string
	Outcome        string
	Reasons        []reason `xml:"Reasons>Reason"`
}

type fault struct {
	Code   string `xml:"faultcode"`
	Text   string `xml:"faultstring"`
	Detail struct {
		CallID string
		Error  reason
		Fields []struct{ Name, Code string } `xml:"Fields>Field"`
	} `xml:"detail"`
}

func about(snils string) request {
	now := time.Now().In(time.FixedZone("Moscow", 3*60*60))
	written := func(t time.Time) string { return t.Format("02.01.2006 15:04:05") }
	return request{
		MessageID: uuid.NewString(), Sender: "POCHTABANK", SendingTimestamp: written(now),
		Person: person{
			LastName: "Образцова", FirstName: "Марина", MiddleName: "Сергеевна", BirthDate: "21.04.1990", Gender: "F", Citizenship: "RUS",
			SNILS: snils, INN: "500100732259", Mobile: "+7(900)9990001",
			Document: document{Series: "4510", Number: "999001", IssueDate: "12.05.2010", IssueID: "770100", IssuedBy: "ОВД ПЕСОЧНОГО РАЙОНА Г. МОСКВЫ"},
		},
		Active: true, MobileBound: true, Method: "APP", SignedInAt: written(now.Add(-30 * time.Second)),
		ConsentGiven: true, ConsentAt: written(now.Add(-10 * time.Second)),
	}
}

// sign makes a detached signature of exactly the bytes of a body.
func sign(door *gateway.Gateway, body []byte) (string, error) {
	key, certificate, err := door.SigningKey()
	if err != nil {
		return "", err
	}
	if certificate == nil {
		return "", errors.New("the signing key has no certificate")
	}
	data, err := pkcs7.NewSignedData(body)
	if err != nil {
		return "", err
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := data.AddSigner(certificate, key, pkcs7.SignerInfoConfig{}); err != nil {
		return "", err
	}
	data.Detach()
	der, err := data.Finish()
	return base64.StdEncoding.EncodeToString(der), err
}

func confirm(ctx context.Context, door *gateway.Gateway, snils string) error {
	body, err := xml.Marshal(about(snils))
	if err != nil {
		return err
	}
	body = append([]byte(xml.Header), body...)
	sig, err := sign(door, body)
	if err != nil {
		return err
	}
	answer, err := door.Post(ctx, gateway.Message{
		Header: http.Header{"Content-Type": {"application/xml; charset=utf-8"}, "X-Signature-Pkcs7": {sig}}, Body: body,
	})
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		var not fault
		if err := xml.Unmarshal(answer.Body, &not); err != nil {
			return err
		}
		fmt.Printf("not decided: HTTP %d, %s, %s acts, repeat: %s; fields %v; call %s\n%s\n",
			answer.Status, not.Code, not.Detail.Error.Actor, not.Detail.Error.Retry, not.Detail.Fields, not.Detail.CallID, not.Text)
		return nil
	}
	var decided decision
	if err := xml.Unmarshal(answer.Body, &decided); err != nil {
		return err
	}
	fmt.Printf("decided: %s, %s, %v\n", decided.Outcome, decided.ConfirmationID, decided.Reasons)
	return nil
}
