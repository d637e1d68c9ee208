package roster

// Standard is the dialects that the gateway comes with, and which of them sign.
func Standard() []Style {
	return []Style{
		{Name: "bspb", Signs: true},
		{Name: "pochtabank", Signs: true},
		{Name: "sberbank", Signs: true},
		{Name: "tinkoff"},
		{Name: "vtb", Signs: true},
	}
}
