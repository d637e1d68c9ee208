// Package development prepares what a newcomer should not have to: certificates for every role, a key ring, the roster of
// the five banks, profiles for the commands, invented accounts, and a request to send.
//
// Promise: everything lands in one folder, nothing that exists there is replaced but what has expired or must be fresh.
//
// Limits: the keys are marked as made for development; a server without --dev refuses them.
package development
