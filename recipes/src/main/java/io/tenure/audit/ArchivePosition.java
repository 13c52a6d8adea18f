package io.tenure.audit;

/**
 * How far a trail is archived. Immutable.
 *
 * @param life which trail it was of those that stood under this path, see {@link Archived#life}
 * @param index the last index that is archived
 * @param zxid the transaction that wrote that entry; 0 if it was deleted before it was archived
 * @param digest SHA-256 of that entry's bytes in hexadecimal; empty if it was deleted before
 */
public record ArchivePosition(String life, long index, long zxid, String digest) {}
