package io.tenure.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** By which names a request may ask. */
class HostRuleTest {

  private final HostRule rule = new HostRule(List.of("Node-1.Example.com", "fd00::7"));

  @ParameterizedTest
  @CsvSource({
    "localhost,true",
    "LOCALHOST:8321,true",
    "localhost.:8321,true",
    "127.0.0.1,true",
    "127.8.8.8:1,true",
    "[::1]:8321,true",
    "10.1.2.3,true",
    "10.1.2.3:8321,true",
    "node-1.example.com,true",
    "NODE-1.example.com.:80,true",
    "[fd00::7]:80,true",
    "10.1.2.4,false",
    "node-2.example.com,false",
    "evil.node-1.example.com,false",
    "node-1.example.com.evil,false",
    "127.0.0.1.evil.com,false",
    "localhost.evil,false",
    "localhost:80:80,false",
    "localhost:http,false",
    "[::2],false",
    "'',false",
    "user@localhost,false"
  })
  void onlyByItsAddressByLoopbackNamesAndByAllowedOnes(String host, boolean allowed)
      throws Exception {
    assertThat(rule.isAllowed(host, at("10.1.2.3"))).isEqualTo(allowed);
  }

  @Test
  void anAddressOfSixIsComparedAsBrowsersWriteIt() throws Exception {
    assertThat(rule.isAllowed("[fd00::1:0:2]:80", at("fd00:0:0:0:0:1:0:2"))).isTrue();
    assertThat(rule.isAllowed("[2001:db8::]", at("2001:db8:0:0:0:0:0:0"))).isTrue();
    assertThat(rule.isAllowed("[2001:db8:1:2:3:4:5:6]", at("2001:db8:1:2:3:4:5:6"))).isTrue();
    assertThat(rule.isAllowed("[fd00::1:0:3]", at("fd00::1:0:2"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "*", "http://node-1", "node-1:8321", "a b", "-a", "a/b", "\u001b[1m"})
  void whatIsNoHostCannotBeAllowed(String host) {
    assertThatThrownBy(() -> new HostRule(List.of(host)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is no host");
  }

  private static InetSocketAddress at(String address) throws Exception {
    return new InetSocketAddress(InetAddress.getByName(address), 8321);
  }
}
