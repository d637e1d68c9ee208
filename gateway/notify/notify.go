// Package notify tells banks and the portal what was recorded: events, delivered from the log.
//
// Promise: every event reaches its receiver at least once and in the order of the log, across restarts, outages of days and several
// gateways; an event has one id for ever, so that receiving it twice can be seen. A receiver that fails holds up nobody else. What
// cannot be delivered within days is given up by name, never silently, and any range can be delivered again.
//
// Limits: it follows the log, so that nothing is told that may yet be undone; it never touches a confirmation.
package notify
