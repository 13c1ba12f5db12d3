/// The audit log of a member: every use of a private or pre-shared key, whoever asked for it.
///
/// An [AuditLog] takes a [KeyUse] from any thread, without blocking it, and one thread writes it as
/// a line of JSON. Each line carries a SHA-256 value over the one of the line before and its own
/// content, so that no line can be changed, removed, added or moved without breaking the chain;
/// [AuditVerifier] finds the first break. A use that cannot be logged is denied: whoever does not
/// get [AuditAnswer#QUEUED] must not let the signature out.
///
/// That's it. The chain has no key: whoever can write the files can compute all of it anew. What
/// reveals that is a chain value that was noted elsewhere; see `docs/decisions/0002-audit-log.md`.
///
/// Read next: [AuditLog], then `ChainedFiles`, then `FileCheck`.
@NullMarked
package io.sallyport.audit;

import org.jspecify.annotations.NullMarked;
