package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/poruka/poruka/certs"
)

// Config is what a Table is made of.
type Config struct {
	Rows    []Row    // usually Rows
	Methods []string // everything that can be called: full gRPC names, as MethodsOf finds them, and pages
}

// Table says who may call what. It never changes and is safe for concurrent use.
type Table struct {
	rows map[string][]certs.Role
}

// New compares the rows with what can be called. It refuses a method without a row, a row without a method or without roles,
// a method named twice, and a role that no certificate may carry.
func New(config Config) (*Table, error) {
	t := &Table{rows: make(map[string][]certs.Role, len(config.Rows))}
	var errs []error
	for _, row := range config.Rows {
		if err := checkRow(row, config.Methods); err != nil {
			errs = append(errs, err)
		}
		if _, twice := t.rows[row.Method]; twice {
			errs = append(errs, fmt.Errorf("access: two rows for %s", row.Method))
		}
		t.rows[row.Method] = slices.Clone(row.Roles)
	}
	for _, method := range config.Methods {
		if _, ok := t.rows[method]; !ok {
			errs = append(errs, fmt.Errorf("access: no row for %s: nobody could call it", method))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return t, nil
}

func checkRow(row Row, methods []string) error {
	switch {
	case !slices.Contains(methods, row.Method):
		return fmt.Errorf("access: a row for %s, which does not exist", row.Method)
	case len(row.Roles) == 0:
		return fmt.Errorf("access: the row for %s allows nobody", row.Method)
	}
	for _, role := range row.Roles {
		if !slices.Contains(certs.Roles(), role) {
			return fmt.Errorf("access: the row for %s allows the role %q, which no caller has", row.Method, role)
		}
	}
	return nil
}

// Allows reports whether a role may call a method; an unknown method nobody may.
func (t *Table) Allows(method string, role certs.Role) bool {
	return slices.Contains(t.rows[method], role)
}

// Methods lists the gRPC methods that a role may call, ordered.
func (t *Table) Methods(role certs.Role) []string {
	var methods []string
	for method, roles := range t.rows {
		if strings.HasPrefix(method, "/") && slices.Contains(roles, role) {
			methods = append(methods, method)
		}
	}
	slices.Sort(methods)
	return methods
}
