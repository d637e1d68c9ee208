package main

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// actLine is one fact of an act in both languages.
type actLine struct{ en, ru, value string }

func actLines(act *porukav1.ErasureAct) []actLine {
	record := act.GetRecord()
	return []actLine{
		{"account", "Учётная запись", idOf(act.GetAccount())},
		{"ground", "Основание", act.GetGround().String()},
		{"request", "Запрос", record.GetRequestId()},
		{"erased", "Уничтожено (UTC)", moment(record.GetDecideTime())},
		{"level before", "Уровень до того", record.GetLevelBefore().String()},
		{"record", "Запись в журнале", idOf(record.GetName())},
		{"wrapping key", "Ключ, которым был закрыт ключ данных", act.GetWrappingKey()},
		{"records kept", "Записей сохранено", strconv.FormatInt(act.GetRecordsKept(), 10)},
	}
}

// groundsInRussian are the grounds as an act names them.
var groundsInRussian = map[porukav1.EraseAccountRequest_Ground]string{
	porukav1.EraseAccountRequest_PERSON_ASKED:   "требование субъекта персональных данных",
	porukav1.EraseAccountRequest_ORDERED:        "предписание суда или уполномоченного органа",
	porukav1.EraseAccountRequest_RETENTION_OVER: "истёк срок хранения",
}

const (
	whatIsDestroyed = "Уничтожен ключ, которым были зашифрованы данные владельца учётной записи; вместе с ним недоступны сами данные, их копии " +
		"и возможность проверить, что именно о нём сообщали банки. СНИЛС, ИНН и номер телефона не связаны больше с учётной записью."
	whatStays = "Записи о принятых решениях персональных данных не содержат и сохранены; доказательства их наличия в журнале действительны."
)

// actPDF draws the act on one page. Its only dates are those of the record, so that one act always gives the same file.
// The Go fonts hold Cyrillic letters and may be embedded: see their licence in golang.org/x/image.
func actPDF(act *porukav1.ErasureAct) ([]byte, error) {
	const margin, line, left = 20, 7, 75
	pdf := fpdf.New("P", "mm", "A4", "")
	when := act.GetRecord().GetDecideTime().AsTime().UTC()
	pdf.SetCreationDate(when)
	pdf.SetModificationDate(when)
	pdf.SetCatalogSort(true)
	pdf.SetTitle("Акт об уничтожении персональных данных", true)
	pdf.SetMargins(margin, margin, margin)
	pdf.AddUTF8FontFromBytes("go", "", goregular.TTF)
	pdf.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	pdf.AddPage()
	pdf.SetFont("go", "B", 15)
	pdf.MultiCell(0, line+1, "Акт об уничтожении персональных данных", "", "L", false)
	pdf.SetFont("go", "", 10)
	pdf.MultiCell(0, line, "Act of the destruction of personal data", "", "L", false)
	pdf.Ln(line)
	for _, fact := range actLines(act) {
		if fact.en == "ground" {
			fact.value = groundsInRussian[act.GetGround()] + " (" + fact.value + ")"
		}
		pdf.MultiCell(left, line, fact.ru, "", "L", false)
		pdf.SetXY(margin+left, pdf.GetY()-line)
		pdf.MultiCell(0, line, fact.value, "", "L", false)
	}
	pdf.Ln(line)
	for _, text := range []string{whatIsDestroyed, whatStays} {
		pdf.MultiCell(0, line, text, "", "L", false)
	}
	pdf.Ln(2 * line)
	pdf.MultiCell(0, line, "Ответственный: ____________________________     Дата: "+when.Format(time.DateOnly), "", "L", false)
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("drawing the act: %w", err)
	}
	return out.Bytes(), nil
}
