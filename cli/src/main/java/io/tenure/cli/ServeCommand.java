package io.tenure.cli;

import io.tenure.cli.serve.TimelineServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
      description =
          "An address of this machine to listen on; 0.0.0.0 for all of them. Default:"
              + " ${DEFAULT-VALUE}. Elsewhere, each client that reaches it can read it.")
  String bind = "";

  @Option(
      names = "--allow-host",
      paramLabel = "NAME",
      description =
          "A name by which browsers may ask, as node-1.example.com; can be given several times."
              + " Without one they ask for localhost, or for the address as a number.")
  List<String> allowedHosts = new ArrayList<>();

  ServeCommand(Io io) {
    this.io = io;
  }

  @Override
  public Integer call() throws InterruptedException {
    InetSocketAddress address = BindAddress.of(bind, port);
    try {
      TimelineServer.requireHosts(allowedHosts);
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, "--allow-host " + e.getMessage(), e);
    }
    if ("root".equals(System.getProperty("user.name"))) {
      Failures.say(io.err(), "serve runs as root and needs no privileges: run it as another user");
    }
    try (Connection connection = connect.open()) {
      Target found = new Targets(connection.client()).find(target);
      try (Live live = Live.start(connection.client(), found, io.clock());
          TimelineServer server =
              TimelineServer.start(address, allowedHosts, live.source(), io.clock())) {
        io.ifInterrupted().set(""); // That is how it ends.
        sayWhere(found, server);
        live.await();
      }
      return ExitCode.OK;
    } catch (IOException e) {
      throw BindAddress.cannotListen(bind, port, e);
    }
  }

  private void sayWhere(Target found, TimelineServer server) {
    InetAddress listening = server.address().getAddress();
    String urls =
        BindAddress.reachableBy(listening).stream()
            .map(by -> server.uri(by).toString())
            .collect(Collectors.joining(" "));
    io.out().line("serving " + found.path() + " at " + urls);
    io.out().flush();
    if (!listening.isLoopbackAddress()) {
      Failures.say(
          io.err(),
          "listening on "
              + listening.getHostAddress()
              + " port "
              + server.address().getPort()
              + ", and not on this machine alone: each client that reaches it can read the timeline,"
              + " without a login and without TLS. Browsers ask by these addresses"
              + (allowedHosts.isEmpty() ? "; for names, give --allow-host" : " or by ")
              + String.join(", ", allowedHosts));
    }
  }
}
