package io.tenure.endtoend.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** What a process of the harness is told on its standard input: a word and a number. */
final class Commands {

  /** Carries a command out, on the thread that reads them. */
  interface Handler {
    void handle(String command, long value);
  }

  private Commands() {}

  /** Reads commands for as long as there are any. Then the harness is gone, and this JVM ends. */
  static void serve(Handler handler) {
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader in =
                  new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
                String line;
                while ((line = in.readLine()) != null) {
                  String[] words = line.split(" ");
                  handler.handle(words[0], Long.parseLong(words[1]));
                }
              } catch (IOException | RuntimeException e) {
                System.out.println("input cannot be read: " + e);
              }
              Runtime.getRuntime().halt(3);
            },
            "commands");
    reader.setDaemon(true);
    reader.start();
  }
}
