// Package people invents the population of a portal: accounts that look like those of real people and belong to nobody.
//
// Promise: an account is a function of seed, index and day, so that any range can be made anywhere, in any order; account
// id, SNILS, INN and phone are unique within a population; check digits are right; passports agree with age and day of
// issue, names with sex. Who a person is depends on seed and index alone: the day moves only what time moves, that is
// passports, and what the registries have said.
//
// Powers: every level and method, minors, children, foreign citizens, expired and replaced passports, unverified phones,
// missing patronymics, names with ё, hyphen and apostrophe, each in a share that a test holds.
//
// Limits: nobody is born after 2025, so the population ages as the years pass; the numbers are well-formed, and some of
// them may by chance be somebody's: send nothing to them.
package people
