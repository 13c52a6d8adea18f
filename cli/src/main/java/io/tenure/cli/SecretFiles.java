package io.tenure.cli;

import io.tenure.internal.SmallFile;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;

/**
 * Files that can hold secrets: those that are written are for their owner alone, and those that are
 * read are looked at for whether others can read them as well. Where the file system has no
 * permissions of that kind, there is nothing to look at. Stateless.
 */
final class SecretFiles {

  private static final Set<PosixFilePermission> OF_OTHERS =
      Set.of(PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ);

  private SecretFiles() {}

  /** How a file is created that its owner alone can read and write. */
  static FileAttribute<?>[] ownersAlone(Path where) {
    return where.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  /**
   * What there is to say of a file that holds passwords.
   *
   * @param what it is, the option that names it for example
   * @return nothing if others cannot read it, or if that cannot be told
   */
  static Optional<String> warning(String what, Path file) {
    try {
      if (!Files.isRegularFile(file)
          || !file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        return Optional.empty();
      }
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      return permissions.stream().noneMatch(OF_OTHERS::contains)
          ? Optional.empty()
          : Optional.of(
              what
                  + " "
                  + file
                  + " holds passwords and can be read by others ("
                  + PosixFilePermissions.toString(permissions)
                  + "): chmod 600 it");
    } catch (IOException e) {
      return Optional.empty(); // To read it fails as well, and that is said.
    }
  }

  /** Why a file that was named cannot be read; many exceptions of Java's say its name alone. */
  static String notReadable(Path file, Exception e) {
    String why = String.valueOf(e.getMessage());
    if (!Files.exists(file)) {
      why = "there is no such file";
    } else if (Files.isDirectory(file)) {
      why = "it is a directory";
    } else if (!Files.isReadable(file)) {
      why = "its permissions do not allow it";
    }
    return file + " cannot be read: " + why;
  }

  /** Whether a property names a file that holds passwords. */
  static boolean isNamedBy(String property) {
    return property.equals("java.security.auth.login.config")
        || property.toLowerCase(Locale.ROOT).endsWith("passwordpath");
  }

  /** The same for a file that is named by a property. */
  static Optional<String> warning(String what, String file) {
    try {
      return warning(what, Path.of(file));
    } catch (InvalidPathException e) {
      return Optional.empty(); // It cannot be read either, and that is said.
    }
  }

  /**
   * The same for a file of ZooKeeper's client properties, if there are passwords in it or beside.
   */
  static List<String> warningsOfClientConfiguration(Path file) {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(SmallFile.text(file)));
    } catch (IOException | IllegalArgumentException e) {
      return List.of(); // The client says it.
    }
    List<String> warnings = new ArrayList<>();
    boolean passwords = false;
    for (String name : properties.stringPropertyNames()) {
      String lower = name.toLowerCase(Locale.ROOT);
      passwords |= lower.endsWith("password");
      if (isNamedBy(name)) {
        warning(name, properties.getProperty(name)).ifPresent(warnings::add);
      }
    }
    if (passwords) {
      warning("--client-configuration", file).ifPresent(warnings::add);
    }
    return warnings;
  }
}
