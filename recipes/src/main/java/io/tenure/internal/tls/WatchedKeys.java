package io.tenure.internal.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * The client's keys, and whether a server asked for one and which it got. Confined to the thread of
 * one handshake.
 */
final class WatchedKeys extends X509ExtendedKeyManager {

  private static final int MAX_NAMES = 3;

  private final @Nullable X509ExtendedKeyManager keys;
  private boolean asked;
  private String wanted = "";
  private @Nullable X509Certificate sent;

  WatchedKeys(Optional<X509ExtendedKeyManager> keys) {
    this.keys = keys.orElse(null);
  }

  /** Whether the server asked for a certificate. */
  boolean wereAskedFor() {
    return asked;
  }

  /** What the server got. */
  Optional<X509Certificate> sent() {
    return Optional.ofNullable(sent);
  }

  /** Whose certificates it takes, by its own words. */
  String wanted() {
    return wanted.isEmpty() ? "an authority that it does not name" : wanted;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    asked = true;
    note(issuers);
    if (keys == null) {
      return null;
    }
    String alias = keys.chooseClientAlias(keyTypes, issuers, socket);
    X509Certificate[] chain = alias == null ? null : keys.getCertificateChain(alias);
    if (chain != null && chain.length > 0) {
      sent = chain[0];
    }
    return alias;
  }

  private void note(Principal @Nullable [] issuers) {
    StringBuilder names = new StringBuilder();
    for (int i = 0; issuers != null && i < Math.min(issuers.length, MAX_NAMES); i++) {
      names
          .append(i == 0 ? "" : "; ")
          .append(TlsText.name(new X500Principal(issuers[i].getName())));
    }
    wanted = names.toString();
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return keys == null ? null : keys.getClientAliases(keyType, issuers);
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    return keys == null ? null : keys.getCertificateChain(alias);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    return keys == null ? null : keys.getPrivateKey(alias);
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return chooseClientAlias(keyType, issuers, null);
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return null; // It serves no client.
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }
}
