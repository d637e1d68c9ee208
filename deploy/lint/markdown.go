package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	linkPattern    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headingPattern = regexp.MustCompile(`^#{1,6} +(.*?) *#*$`)
	codePattern    = regexp.MustCompile("`[^`]*`")
)

// checkMarkdown checks that what a document links to inside the repository is there, with the heading if the link names one.
func checkMarkdown(path string) ([]finding, error) {
	lines, err := prose(path)
	if err != nil {
		return nil, err
	}
	var findings []finding
	for number, line := range lines {
		for _, match := range linkPattern.FindAllStringSubmatch(codePattern.ReplaceAllString(line, ""), -1) {
			if problem := brokenLink(path, match[1]); problem != "" {
				findings = append(findings, finding{path, number + 1, problem})
			}
		}
	}
	return findings, nil
}

// brokenLink tells what is wrong with a link in the document at path; nothing if it is right or leads out of the repository.
func brokenLink(path, link string) string {
	target, err := url.Parse(link)
	if err != nil {
		return fmt.Sprintf("link %s: cannot be read", link)
	}
	if target.Scheme != "" || target.Host != "" {
		return ""
	}
	file := path
	if target.Path != "" {
		file = filepath.Join(filepath.Dir(path), filepath.FromSlash(target.Path))
	}
	if _, err := os.Stat(file); err != nil {
		return fmt.Sprintf("link %s: there is no %s", link, filepath.ToSlash(file))
	}
	if target.Fragment == "" || filepath.Ext(file) != ".md" {
		return ""
	}
	lines, err := prose(file)
	if err != nil {
		return fmt.Sprintf("link %s: %v", link, err)
	}
	hasHeading := slices.ContainsFunc(lines, func(line string) bool {
		heading := headingPattern.FindStringSubmatch(line)
		return heading != nil && anchor(heading[1]) == target.Fragment
	})
	if !hasHeading {
		return fmt.Sprintf("link %s: there is no such heading in %s", link, filepath.ToSlash(file))
	}
	return ""
}

// anchor turns a heading into the fragment that leads to it on code-hosting sites.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ', r == '-':
			return '-'
		case r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, heading)
}

// prose reads the lines of a document, with those of code blocks left empty.
func prose(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	lines := strings.Split(string(text), "\n")
	fence := ""
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		switch {
		case fence != "":
			if strings.HasPrefix(trimmed, fence) {
				fence = ""
			}
			lines[i] = ""
		case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
			fence = trimmed[:3]
			lines[i] = ""
		}
	}
	return lines, nil
}
