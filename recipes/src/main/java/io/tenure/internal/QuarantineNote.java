package io.tenure.internal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.scope.Bounds;
import io.tenure.scope.Printable;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * The data of {@code <trail>/quarantine/<name>}, one line of JSON: what a znode was that no
 * transition made, who has moved it out of the trail, and why. Its data is kept as text where it is
 * text, else in Base64; of more than 64 KiB only the beginning, with the digest of all.
 *
 * @param from where it stood
 * @param by who moved it
 * @param time when, by that one's clock
 */
public record QuarantineNote(String from, String by, String reason, Instant time) {

  private static final int MAX_KEPT_BYTES = 64 * 1024;

  /** Longer paths are cut. */
  private static final int MAX_FROM_CHARS = 2_000;

  /** Longer names are cut, and end in the digest of the whole. */
  private static final int MAX_NAME_BYTES = 200;

  /** Puts who and why on one line each. */
  public QuarantineNote {
    by = Printable.of(by.strip(), Bounds.BY_CHARS);
    reason = Printable.of(reason.strip(), Bounds.REASON_CHARS);
  }

  /** Parses a znode's data. */
  public static QuarantineNote parse(String path, byte[] data) {
    ZnodeJson json = ZnodeJson.parse(path, data);
    return new QuarantineNote(
        json.text("from", MAX_FROM_CHARS), json.text("by"), json.text("reason"), json.time("time"));
  }

  /**
   * The znode's data.
   *
   * @param data what it held; empty if it may not be read
   * @param created the transaction that made it
   * @param createdAt when that was, by the server's clock
   */
  public byte[] bytes(Optional<byte[]> data, long created, Instant createdAt) {
    ObjectNode json = ZnodeJson.create();
    json.put("from", shortened(from));
    json.put("by", by);
    json.put("reason", reason);
    json.put("time", time.toString());
    json.put("created", Sessions.format(created));
    json.put("serverTime", createdAt.toString());
    data.ifPresent(
        all -> {
          byte[] kept = Arrays.copyOf(all, Math.min(all.length, MAX_KEPT_BYTES));
          json.put("bytes", all.length);
          json.put("digest", AuditFormat.digest(all));
          Optional<String> text = text(kept);
          text.ifPresentOrElse(
              some -> json.put("text", some),
              () -> json.put("base64", Base64.getEncoder().encodeToString(kept)));
        });
    return ZnodeJson.bytes(json);
  }

  private static Optional<String> text(byte[] data) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data)).toString();
      return text.chars().anyMatch(Character::isISOControl) ? Optional.empty() : Optional.of(text);
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  /** The name in quarantine of a znode of the trail. */
  public static String name(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= MAX_NAME_BYTES
        ? name
        : ZnodeName.encode(name.substring(0, MAX_NAME_BYTES / 4))
            + EntryNaming.SEPARATOR
            + AuditFormat.digest(bytes).substring(0, 2 * EntryNaming.SUFFIX_CHARS);
  }

  private static String shortened(String path) {
    return path.length() < MAX_FROM_CHARS ? path : path.substring(0, MAX_FROM_CHARS - 1) + "…";
  }
}
