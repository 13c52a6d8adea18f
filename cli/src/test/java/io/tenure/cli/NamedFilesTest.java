package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an option or a property names is read if it is a plain file, and refused at once if not. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no named pipes among its files")
class NamedFilesTest {

  private static final String STORE = "zookeeper.ssl.trustStore";

  @TempDir Path folder;

  static Stream<List<String>> options() {
    return Stream.of(
        List.of("--config", "FILE"),
        List.of("--client-configuration", "FILE"),
        List.of("--auth-file", "FILE"),
        List.of("--acl-file", "FILE"),
        List.of("-D", "java.security.auth.login.config=FILE"),
        List.of("-D", "zookeeper.client.secure=true", "-D", STORE + ".location=FILE"),
        List.of(
            "-D",
            "zookeeper.client.secure=true",
            "-D",
            STORE + ".location=PLAIN",
            "-D",
            STORE + ".passwordPath=FILE"));
  }

  @ParameterizedTest
  @MethodSource("options")
  void aNamedPipeIsRefused(List<String> options) throws Exception {
    Path pipe = folder.resolve("pipe.p12");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    refused(options, pipe);
  }

  @ParameterizedTest
  @MethodSource("options")
  void aDeviceThatNeverEndsIsRefused(List<String> options) throws Exception {
    Path device = folder.resolve("device.p12");
    Files.createSymbolicLink(device, Path.of("/dev/zero"));
    refused(options, device);
  }

  @ParameterizedTest
  @MethodSource("options")
  void aDirectoryIsRefused(List<String> options) throws Exception {
    refused(options, Files.createDirectory(folder.resolve("directory.p12")));
  }

  @ParameterizedTest
  @MethodSource("options")
  void aFileThatIsMuchTooLongIsRefused(List<String> options) throws Exception {
    Path file = folder.resolve("long.p12");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(1L << 40);
    }
    refused(options, file);
  }

  private void refused(List<String> options, Path file) throws IOException {
    Path plain = Files.writeString(folder.resolve("plain.p12"), "");
    List<String> arguments = new ArrayList<>(List.of("drain", "w-1", "-g", "/orders"));
    arguments.addAll(List.of("--reason", "for a test", "--connect", "localhost:1"));
    options.forEach(
        option ->
            arguments.add(
                option.replace("FILE", file.toString()).replace("PLAIN", plain.toString())));
    Cli.Result result = Cli.nowhere().run(arguments.toArray(String[]::new));
    assertThat(result.exitCode()).as(result.toString()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err().lines().filter(line -> line.contains(file.toString())))
        .as(result.err())
        .isNotEmpty();
  }
}
