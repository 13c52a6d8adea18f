package io.tenure.internal;

import java.util.Optional;

/**
 * How the entries of one commit are named. Usually an entry's name says which transition it is and
 * nothing more, so a client that may add to a trail can make a znode in the place of the next one.
 * The version of the record orders all transitions, so a place that is taken was taken by no
 * transition. Then the commit is made again, with names that end in something drawn at random,
 * which cannot be taken ahead.
 *
 * <p>Immutable.
 *
 * @param suffix what the names end in, after {@link #SEPARATOR}
 */
public record EntryNaming(Optional<String> suffix) {

  /** Names without a suffix. */
  public static final EntryNaming PLAIN = new EntryNaming(Optional.empty());

  /** Before a suffix. {@link ZnodeName} encodes it, so no id has it. */
  public static final char SEPARATOR = '~';

  /** 48 random bits: no client can make all of the names ahead. */
  static final int SUFFIX_CHARS = 12;

  /** Names with a suffix of a fresh nonce. */
  public static EntryNaming of(String nonce) {
    String plain = nonce.replace("-", "");
    return new EntryNaming(Optional.of(plain.substring(0, Math.min(SUFFIX_CHARS, plain.length()))));
  }

  /** A name as it is in the trail. */
  public static String name(String plain, Optional<String> suffix) {
    return suffix.map(end -> plain + SEPARATOR + ZnodeName.encode(end)).orElse(plain);
  }
}
