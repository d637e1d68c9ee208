package banks

import (
	"bytes"
	"errors"
	"html/template"
	"net/http"

	"github.com/poruka/poruka/partners/sandbox/magic"
)

// The page to which a customer comes by the link of an order, in the customer's language.
var pageText = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="ru">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Bank}}: подтверждение личности</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem }
input, button { font: inherit; padding: .4rem .6rem; margin: .3rem .3rem .3rem 0 }
label { display: block }
.note { color: #555 }
</style>
<h1>{{.Bank}}</h1>
{{if .Done}}<p role="status">{{.Done}}</p>
{{else}}
{{if .Wrong}}<p role="alert"><strong>{{.Wrong}}</strong></p>{{end}}
<p>Портал государственных услуг просит банк подтвердить вашу личность: передать фамилию, имя, отчество, дату рождения, паспорт, СНИЛС, ИНН и телефон.</p>
<form method="post" action="/agree">
<input type="hidden" name="order" value="{{.Order}}">
<p>Заказ {{.Order}}{{if .Code}}, код {{.Code}}{{end}}</p>
<label for="snils">СНИЛС клиента (вместо входа в банк)</label>
<input id="snils" name="snils" list="persons" value="{{.SNILS}}" autocomplete="off" required>
<datalist id="persons">{{range .Persons}}<option value="{{.SNILS}}">{{.Outcome}}{{range .Reasons}} {{.}}{{end}}{{.Fault}}</option>{{end}}</datalist>
<p><button name="answer" value="yes">Согласен</button><button name="answer" value="no" formnovalidate>Отказаться</button></p>
</form>
{{end}}
<p class="note">Это песочница: банк и клиенты не настоящие.</p>
</html>
`))

// pageData is what the page shows.
type pageData struct {
	Bank, Order, Code, SNILS string
	Done, Wrong              string
	Persons                  []magic.Person
}

func (b *Bank) page(w http.ResponseWriter, r *http.Request) {
	b.show(w, http.StatusOK, pageData{Order: r.FormValue("order"), Code: r.FormValue("code")})
}

// answer takes what the customer has decided.
func (b *Bank) answer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxEvent)
	data := pageData{Order: r.FormValue("order"), SNILS: r.FormValue("snils")}
	var err error
	if r.FormValue("answer") == "no" {
		data.Done = "Вы отказались. Портал ничего не узнал."
		err = b.Refuse(data.Order)
	} else {
		data.Done = "Готово. Вернитесь на портал."
		err = b.AgreeBySNILS(data.Order, data.SNILS)
	}
	status := http.StatusOK
	if err != nil {
		status, data.Done, data.Wrong = http.StatusBadRequest, "", "Такого клиента в банке нет."
		if errors.Is(err, ErrOrder) {
			data.Wrong = "Это не номер заказа."
		}
	}
	b.show(w, status, data)
}

func (b *Bank) show(w http.ResponseWriter, status int, data pageData) {
	data.Bank, data.Persons = b.cfg.Name, magic.All()
	var out bytes.Buffer
	if err := pageText.Execute(&out, data); err != nil {
		write(w, plain(http.StatusInternalServerError, err.Error()))
		return
	}
	header := map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
		"Cache-Control":           "no-store",
	}
	write(w, reply{status: status, header: header, content: "text/html; charset=utf-8", body: out.Bytes()})
}
