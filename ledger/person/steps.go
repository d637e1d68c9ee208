package person

// steps is a set of Step, one bit each, in the order in which they are applied.
type steps uint16

const (
	didPlaceholder steps = 1 << iota
	didNFKC
	didDash
	didApostrophe
	didUpperCase
	didYoToYe
	didBlanks
	didLatinLookalike
	didMask
	didIDNA
)

var stepNames = [...]Step{
	StepPlaceholder, StepNFKC, StepDash, StepApostrophe, StepUpperCase,
	StepYoToYe, StepBlanks, StepLatinLookalike, StepMask, StepIDNA,
}

func maskStep(masked bool) steps {
	if masked {
		return didMask
	}
	return 0
}

// appendTo appends the names of the steps.
func (s steps) appendTo(names []Step) []Step {
	for bit, name := range stepNames {
		if s&(1<<bit) != 0 {
			names = append(names, name)
		}
	}
	return names
}
