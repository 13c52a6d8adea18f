package io.tenure.cli;

import io.tenure.cli.serve.TimelineServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows the timeline live. */
@Command(
    name = "serve",
    header = "Show the timeline live in a browser",
    description = {
      "The page that timeline writes, kept up to date, with the status above it. It only reads, and",
      "listens on this machine alone unless --bind says otherwise; it has no login. Until Ctrl-C."
    })
final class ServeCommand implements Callable<Integer> {

  private final Io io;

  @Mixin Connect connect = new Connect();

  @Parameters(paramLabel = "SCOPE|GROUP", description = "For example /billing/close or /orders.")
  String target = "";

  @Option(
      names = {"-p", "--port"},
      defaultValue = "8321",
      paramLabel = "PORT",
      description = "Default: ${DEFAULT-VALUE}; 0 for any that is free.")
  int port;

  @Option(
      names = "--bind",
      defaultValue = "127.0.0.1",
      paramLabel = "ADDRESS",
      description = "Default: ${DEFAULT-VALUE}. Elsewhere, everybody who reaches it can read it.")
  String bind = "";

  ServeCommand(Io io) {
    this.io = io;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (port < 0 || port > 65_535) {
      throw new CommandException(ExitCode.USAGE, "--port " + port + ": give 0 to 65535");
    }
    InetSocketAddress address = new InetSocketAddress(bind, port);
    if (address.isUnresolved()) {
      throw new CommandException(
          ExitCode.USAGE, "--bind " + bind + " is no address of this machine");
    }
    try (Connection connection = connect.open()) {
      Target found = new Targets(connection.client()).find(target);
      try (Live live = Live.start(connection.client(), found, io.clock());
          TimelineServer server = TimelineServer.start(address, live.source(), io.clock())) {
        io.ifInterrupted().set(""); // That is how it ends.
        io.out().line("serving " + found.path() + " at " + server.uri());
        io.out().flush();
        live.await();
      }
      return ExitCode.OK;
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.REFUSED, bind + ":" + port + " cannot be listened on: " + e.getMessage(), e);
    }
  }
}
