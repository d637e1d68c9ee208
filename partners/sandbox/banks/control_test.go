package banks_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
	"github.com/poruka/poruka/partners/sandbox/banks"
	"github.com/poruka/poruka/partners/sandbox/magic"
)

// control serves the control API of the world's banks, and gives its address.
func (w *world) control() string {
	w.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- banks.NewControl(w.banks["vtb"], w.banks["tinkoff"]).Serve(ctx, listener) }()
	w.Cleanup(func() {
		cancel()
		w.must(<-ended)
	})
	return "http://" + listener.Addr().String()
}

// send sends a request and gives status and body.
func send(t testing.TB, c *http.Client, r *http.Request) (int, string) {
	t.Helper()
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func request(t testing.TB, method, address, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func TestControl(t *testing.T) {
	w := newWorld(t)
	base := w.control()
	c := &http.Client{}
	defer c.CloseIdleConnections()
	order, refused := uuid.NewString(), uuid.NewString()
	for _, call := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/control", "", 200, `"bank":"tinkoff"`},
		{"POST", "/control/vtb/agree", `{"order":"` + order + `","snils":"000-999-001 00"}`, 200, `"bank":"vtb"`},
		{"POST", "/control/vtb/agree", `{"order":"` + order + `","person":{"familyName":"Иная","snils":"112-233-445 95"}}`, 200, ""},
		{"POST", "/control/vtb/agree", `{"order":"` + order + `","snils":"112-233-445 95"}`, 400, "no customer"},
		{"POST", "/control/vtb/agree", `{"order":"7","snils":"000-999-001 00"}`, 400, "UUID"},
		{"POST", "/control/vtb/agree", `{"odrer":"7"}`, 400, "known keys"},
		{"POST", "/control/vtb/refuse", `{"order":"` + refused + `"}`, 200, ""},
		{"POST", "/control/moon/refuse", `{"order":"` + refused + `"}`, 404, "no such bank"},
		{"POST", "/control/vtb/fault", `{"kind":"slow","count":3,"delay":"10ms","until":"2099-01-01T00:00:00Z"}`, 200, `"faults":[{"kind":"slow","count":3,"until":"2099-01-01T00:00:00Z","delay":"10ms"}]`},
		{"POST", "/control/vtb/fault", `{"kind":"loud"}`, 400, "wrong-certificate"},
		{"POST", "/control/vtb/fault", `{"kind":"slow","delay":"soon"}`, 400, "delay"},
		{"POST", "/control/tinkoff/fault", `{"kind":"bad-signature"}`, 400, "no signature"},
		{"GET", "/control/vtb", "", 200, `"kind":"slow"`},
		{"DELETE", "/control/vtb/fault", "", 200, `"faults":[]`},
		{"DELETE", "/control/vtb/tokens", "", 200, ""},
		{"GET", "/control/vtb/events", "", 200, `{"events":[]}`},
	} {
		status, body := send(t, c, request(t, call.method, base+call.path, call.body))
		if status != call.status || !strings.Contains(body, call.want) {
			t.Errorf("%s %s %s: %d %s", call.method, call.path, call.body, status, body)
		}
	}
	if got, err := w.pull("vtb", order); err != nil || got.Person.FamilyName != "Иная" {
		t.Errorf("%v, %v", got.Person.FamilyName, err)
	}
	if _, err := w.pull("vtb", refused); !errors.Is(err, bank.ErrRefused) {
		t.Errorf("refused: %v", err)
	}
	// What a web page could send.
	form := request(t, http.MethodPost, base+"/control/vtb/fault", `{"kind":"hang"}`)
	form.Header.Set("Content-Type", "text/plain")
	elsewhere := request(t, http.MethodGet, base+"/control/vtb", "")
	elsewhere.Host = "attacker.example"
	for _, r := range []*http.Request{form, elsewhere} {
		if status, body := send(t, c, r); status != http.StatusForbidden {
			t.Errorf("%s %s: %d %s", r.Method, r.Host, status, body)
		}
	}
}

func TestControlStaysOnTheMachine(t *testing.T) {
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := banks.NewControl().Serve(t.Context(), listener); !errors.Is(err, banks.ErrNotLoopback) {
		t.Errorf("error %v", err)
	}
}

// client is somebody who calls a bank, with a certificate of the private CA or none, by one of its names.
func (w *world) client(id partners.ID, name, certificate string) *http.Client {
	w.Helper()
	pool := x509.NewCertPool()
	ca, err := os.ReadFile(filepath.Join(w.dir, "banks", string(id)+"-ca.pem"))
	w.must(err)
	pool.AppendCertsFromPEM(ca)
	settings := &tls.Config{RootCAs: pool, ServerName: name, MinVersion: tls.VersionTLS13}
	if certificate != "" {
		pair, err := w.pair(certificate)
		w.must(err)
		settings.Certificates = []tls.Certificate{pair}
	}
	transport := &http.Transport{TLSClientConfig: settings}
	w.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestOnlyGatewaysAreAnswered(t *testing.T) {
	w := newWorld(t)
	base := "https://" + w.address["vtb"]
	for _, path := range []string{"/orders/" + uuid.NewString(), "/events", "/oauth/token"} {
		method := http.MethodPost
		if strings.HasPrefix(path, "/orders") {
			method = http.MethodGet
		}
		for _, caller := range []string{"vtb", "portal", "operator"} {
			if status, _ := send(t, w.client("vtb", "vtb.sandbox", caller), request(t, method, base+path, "")); status != http.StatusForbidden {
				t.Errorf("%s %s: %d", caller, path, status)
			}
		}
		if status, _ := send(t, w.client("vtb", "localhost", ""), request(t, method, base+path, "")); status != http.StatusForbidden {
			t.Errorf("nobody %s: %d", path, status)
		}
		if answer, err := w.client("vtb", "vtb.sandbox", "").Do(request(t, method, base+path, "")); err == nil {
			_ = answer.Body.Close()
			t.Errorf("%s: without a certificate the bank can be reached by its own name", path)
		}
	}
	w.observed("vtb", http.StatusForbidden, "")
}

// The page of a customer, in a browser without a certificate.
func TestPage(t *testing.T) {
	w := newWorld(t)
	c, base, order := w.client("sberbank", "localhost", ""), "https://"+w.address["sberbank"], uuid.NewString()
	status, body := send(t, c, request(t, http.MethodGet, base+"/agree?order="+order+"&code=123456%3Cscript%3E", ""))
	if status != http.StatusOK || !strings.Contains(body, order) || !strings.Contains(body, "123456&lt;script&gt;") || !strings.Contains(body, "000-999-001 00") {
		t.Errorf("%d %s", status, body)
	}
	post := func(values url.Values) (int, string) {
		r := request(t, http.MethodPost, base+"/agree", values.Encode())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return send(t, c, r)
	}
	if status, body := post(url.Values{"order": {order}, "snils": {"112-233-445 95"}, "answer": {"yes"}}); status != http.StatusBadRequest || !strings.Contains(body, "Такого клиента") {
		t.Errorf("a stranger: %d %s", status, body)
	}
	if status, body := post(url.Values{"order": {"7"}, "answer": {"no"}}); status != http.StatusBadRequest || !strings.Contains(body, "Это не номер заказа") {
		t.Errorf("no order: %d %s", status, body)
	}
	if status, body := post(url.Values{"order": {order}, "snils": {magic.All()[0].SNILS}, "answer": {"yes"}}); status != http.StatusOK || !strings.Contains(body, "Готово") {
		t.Errorf("agreed: %d %s", status, body)
	}
	if _, err := w.pull("sberbank", order); err != nil {
		t.Error(err)
	}
	if status, body := post(url.Values{"order": {order}, "answer": {"no"}}); status != http.StatusOK || !strings.Contains(body, "Вы отказались") {
		t.Errorf("refused: %d %s", status, body)
	}
	if _, err := w.pull("sberbank", order); !errors.Is(err, bank.ErrRefused) {
		t.Error(err)
	}
}
