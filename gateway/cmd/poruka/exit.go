package main

import (
	"errors"
	"fmt"
)

// exitCode is how the process ends.
type exitCode int

// Exit codes, the same for every command.
const (
	exitDone  exitCode = 0 // it was done; the answer is yes
	exitNo    exitCode = 1 // it was done; the answer is no
	exitUsage exitCode = 2 // it was asked wrongly; nothing was done
	exitStuck exitCode = 3 // it could not be done, or not to the end
)

// exitError ends a command with a code. Its text is printed unless it is empty.
type exitError struct {
	code exitCode
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }

func (e *exitError) Unwrap() error { return e.err }

// errSaid stands for a failure that the command has told already.
var errSaid = errors.New("")

// answerNo ends a command that has printed its result, which is no.
func answerNo() error { return &exitError{exitNo, errSaid} }

// answerNof ends a command with a no and its reason.
func answerNof(format string, args ...any) error {
	return &exitError{exitNo, fmt.Errorf(format, args...)}
}

// wrongUsef ends a command that was asked wrongly.
func wrongUsef(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// codeOf finds the code of an error. An error without one means that the command could not be done.
func codeOf(err error) exitCode {
	var coded *exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &coded):
		return coded.code
	default:
		return exitStuck
	}
}
