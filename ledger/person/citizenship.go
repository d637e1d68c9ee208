package person

import "strings"

// Citizenship is a state. It is comparable with ==; the zero Citizenship is Russian.
type Citizenship struct {
	redaction
	place veiled // in countries, counted from 1; 0 is RUS
}

// countries are the ISO 3166-1 alpha-3 codes, and XXA, which passports of stateless persons bear, in order.
const countries = "" +
	"ABWAFGAGOAIAALAALBANDAREARGARMASMATAATFATGAUSAUTAZEBDIBELBENBESBFABGDBGRBHRBHSBIHBLMBLRBLZBMUBOLBRABRBBRNBTNBVTBWA" +
	"CAFCANCCKCHECHLCHNCIVCMRCODCOGCOKCOLCOMCPVCRICUBCUWCXRCYMCYPCZEDEUDJIDMADNKDOMDZAECUEGYERIESHESPESTETHFINFJIFLKFRA" +
	"FROFSMGABGBRGEOGGYGHAGIBGINGLPGMBGNBGNQGRCGRDGRLGTMGUFGUMGUYHKGHMDHNDHRVHTIHUNIDNIMNINDIOTIRLIRNIRQISLISRITAJAMJEY" +
	"JORJPNKAZKENKGZKHMKIRKNAKORKWTLAOLBNLBRLBYLCALIELKALSOLTULUXLVAMACMAFMARMCOMDAMDGMDVMEXMHLMKDMLIMLTMMRMNEMNGMNPMOZ" +
	"MRTMSRMTQMUSMWIMYSMYTNAMNCLNERNFKNGANICNIUNLDNORNPLNRUNZLOMNPAKPANPCNPERPHLPLWPNGPOLPRIPRKPRTPRYPSEPYFQATREUROURUS" +
	"RWASAUSDNSENSGPSGSSHNSJMSLBSLESLVSMRSOMSPMSRBSSDSTPSURSVKSVNSWESWZSXMSYCSYRTCATCDTGOTHATJKTKLTKMTLSTONTTOTUNTURTUV" +
	"TWNTZAUGAUKRUMIURYUSAUZBVATVCTVENVGBVIRVNMVUTWLFWSMXXAYEMZAFZMBZWE"

// ParseCitizenship reads an ISO 3166-1 alpha-3 code in upper case; the empty text is RUS. The error is a *FieldError of Format.
func ParseCitizenship(code string) (Citizenship, error) {
	citizenship, bad := readCitizenship(code)
	return citizenship, bad.in(FieldCitizenship)
}

func readCitizenship(code string) (Citizenship, flaw) {
	if code == "" || code == "RUS" {
		return Citizenship{}, flaw{}
	}
	for at := 0; len(code) == 3 && at < len(countries); at += 3 {
		if strings.HasPrefix(countries[at:], code) {
			return Citizenship{place: hide(int64(at/3 + 1))}, flaw{}
		}
	}
	return Citizenship{}, malformed("must be an ISO 3166-1 alpha-3 code in upper case, as in RUS")
}

// IsRussian reports whether the rules of the Russian passport hold.
func (c Citizenship) IsRussian() bool { return c.place == 0 }

// Code gives the ISO 3166-1 alpha-3 code.
func (c Citizenship) Code() string {
	at := int(c.place.bare()) * 3
	if at == 0 {
		return "RUS"
	}
	return countries[at-3 : at]
}
