package io.tenure.sharding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import java.util.Collection;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which settings of a group were changed while it ran: the field {@code changed} of {@code
 * /<group>}, an array of their names. A setting that was changed belongs to the group: a worker
 * that was built with another value takes the group's. Immutable.
 *
 * @param words the settings' names; a newer version may know others, which are kept
 */
record ChangedSettings(SortedSet<String> words) {

  private static final String FIELD = "changed";

  /** Wraps the names. */
  ChangedSettings {
    words = Collections.unmodifiableSortedSet(new TreeSet<>(words));
  }

  static ChangedSettings none() {
    return new ChangedSettings(new TreeSet<>());
  }

  static ChangedSettings parse(String path, byte[] data) {
    return parse(ZnodeJson.parse(path, data));
  }

  private static ChangedSettings parse(ZnodeJson json) {
    SortedSet<String> words = new TreeSet<>();
    JsonNode written = json.get(FIELD);
    if (written != null && !written.isArray()) {
      throw json.foreign(FIELD, "is no array of names");
    } else if (written != null) {
      for (JsonNode word : written) {
        if (!word.isTextual()) {
          throw json.foreign(FIELD, "holds something that is no setting's name");
        }
        words.add(word.textValue());
      }
    }
    return new ChangedSettings(words);
  }

  boolean contains(Setting setting) {
    return words.contains(setting.word());
  }

  boolean containsAll(Collection<Setting> settings) {
    return settings.stream().allMatch(this::contains);
  }

  /** The same with further ones. */
  ChangedSettings with(Collection<Setting> settings) {
    SortedSet<String> more = new TreeSet<>(words);
    settings.forEach(setting -> more.add(setting.word()));
    return new ChangedSettings(more);
  }

  /**
   * The data of a group's znode after a change.
   *
   * @param settings as they are from now on
   * @param changed what of them was changed now
   * @param old the znode's data, whose fields of newer versions are kept
   */
  static byte[] bytesOver(
      GroupSettings settings, Collection<Setting> changed, String path, byte[] old) {
    ZnodeJson before = ZnodeJson.parse(path, old);
    ChangedSettings all = parse(before).with(changed);
    ObjectNode json = settings.jsonOver(before);
    ArrayNode words = json.putArray(FIELD);
    all.words().forEach(words::add);
    return ZnodeJson.bytes(json);
  }
}
