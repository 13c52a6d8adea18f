package io.tenure.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads files that an option or a property names: passwords, logins, settings. A named pipe gives
 * nothing for as long as nothing is written into it, and a device never ends, so neither is read; a
 * file of another kind by mistake is not taken into memory. Stateless.
 */
public final class SmallFile {

  /** Far more than a user writes into such a file. */
  public static final int MAX_BYTES = 1 << 20;

  private SmallFile() {}

  /**
   * The text of a file, in UTF-8.
   *
   * @throws IOException if it cannot be read, or is none that is read here
   */
  public static String text(Path file) throws IOException {
    require(file, MAX_BYTES);
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    requireSize(bytes.length, MAX_BYTES);
    return StandardCharsets.UTF_8
        .newDecoder()
        .onMalformedInput(CodingErrorAction.REPORT)
        .onUnmappableCharacter(CodingErrorAction.REPORT)
        .decode(ByteBuffer.wrap(bytes))
        .toString();
  }

  /**
   * Throws unless a path leads to a plain file of at most that size. For files that another library
   * reads.
   *
   * @throws IOException with the reason as its message
   */
  public static void require(Path file, long maxBytes) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    } else if (Files.isDirectory(file)) {
      throw new IOException("it is a directory");
    } else if (!Files.isRegularFile(file)) {
      throw new IOException("it is a named pipe or a device, and no plain file");
    }
    requireSize(Files.size(file), maxBytes);
  }

  private static void requireSize(long bytes, long maxBytes) throws IOException {
    if (bytes > maxBytes) {
      throw new IOException("it has more than " + maxBytes + " bytes");
    }
  }
}
