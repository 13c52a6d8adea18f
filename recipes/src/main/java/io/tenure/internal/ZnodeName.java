package io.tenure.internal;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Ids as parts of znode names: each byte that is not plain there is percent-encoded, so that the
 * name shows and sorts, and different ids have different names. Stateless.
 */
public final class ZnodeName {

  private ZnodeName() {}

  /** The id as a znode name, or a part of one. */
  public static String encode(String id) {
    StringBuilder out = new StringBuilder(id.length());
    for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "-._:@".indexOf(c) >= 0;
      if (plain) {
        out.append(c);
      } else {
        out.append(String.format("%%%02X", (int) c));
      }
    }
    return out.toString();
  }

  /** The id as a znode name of its own, which must not be one of a path's dots. */
  public static String encodeWhole(String id) {
    return id.equals(".") || id.equals("..") ? id.replace(".", "%2E") : encode(id);
  }

  /**
   * The id that a name stands for; also of one that a user wrote by hand without encoding it. Empty
   * if a percent sign is followed by anything but two hexadecimal digits.
   */
  public static Optional<String> decode(String name) {
    if (name.indexOf('%') < 0) {
      return Optional.of(name);
    }
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != '%') {
        out.write(bytes[i]);
        continue;
      }
      if (i + 2 >= bytes.length) {
        return Optional.empty();
      }
      int high = Character.digit(bytes[i + 1], 16);
      int low = Character.digit(bytes[i + 2], 16);
      if (high < 0 || low < 0) {
        return Optional.empty();
      }
      out.write(high * 16 + low);
      i += 2;
    }
    return Optional.of(out.toString(StandardCharsets.UTF_8));
  }
}
