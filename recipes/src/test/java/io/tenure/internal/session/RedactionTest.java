package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Assertions;

/** What looks like a secret is masked, what explains an error stays. */
class RedactionTest {

  /** In each, the secret is this word, or that key. */
  private static final String WORD = "hunter2";

  private static final String KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

  @Example
  void secretsAreMaskedHoweverTheyAreWritten() {
    for (String message :
        List.of(
            "login failed: user=app password=hunter2",
            "password: hunter2",
            "password := hunter2",
            "addauth digest app:hunter2",
            "CREATE USER x IDENTIFIED BY 'a hunter2'",
            "secret: 'it''s hunter2'",
            "password 'it''s hunter2'",
            "setPassword(\"hunter2\") failed",
            "Login[user=app, password[hunter2]]",
            "PASSWORD = 'hunter2', retrying",
            "{\"db.password\":\"hunter2\",\"a\":1}",
            "{password=hunter2}",
            "wrong password \"hunter2\"",
            "passphrase is 'hunter2'",
            "spring.datasource.password => hunter2",
            "DB_PASSWD=hunter2",
            "client_secret=hunter2&x=1",
            "api-key: hunter2",
            "x-api-key=hunter2",
            "Authorization: Basic aHVudGVyMg hunter2",
            "Authorization=Bearer hunter2 and more hunter2",
            "sent bearer hunter2hunter2 to the store",
            "cannot reach https://app:hunter2@db.example.org/x",
            "amqp://hunter2@mq:5672 refused",
            "mongodb+srv://u:hunter2@c.example.org/?w=1",
            "GET https://store/x?token=hunter2&sig=hunter2 failed",
            "jdbc:postgresql://db/x?user=app&password=hunter2",
            "jdbc:oracle:thin:app/hunter2@//db:1521/x",
            "jdbc:sqlserver://db;user=sa;password=hunter2;encrypt=true",
            "addauth digest:app:hunter2",
            "Set-Cookie: id=hunter2",
            "key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY refused",
            "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
            "<password>hunter2</password>",
            "<property name=\"db.password\">hunter2</property>",
            "<e name='a' password='hunter2'/>",
            "{\\\"password\\\":\\\"hunter2\\\"}",
            "{\"message\":\"wrong {\\\"token\\\": \\\"hunter2\\\", \\\"a\\\": 1}\"}",
            "password=\"a\\\"hunter2\"",
            "password=a,hunter2;hunter2)hunter2",
            "mysqldump --password hunter2 --host db",
            "login -pass hunter2 --api-key hunter2",
            "curl -u app:hunter2 https://db.example.org",
            "pass: hunter2",
            "db.pw=hunter2",
            "secret access key: hunter2",
            "secret key \"hunter2\"",
            "password -> hunter2",
            "password \u2192 hunter2",
            "GET /login?next=%2F&password%3Dhunter2",
            "https://app:a@hunter2@db.example.org/x",
            "https://app:a/hunter2@db.example.org/x",
            "the password is hunter2",
            "Password was hunter2, now rejected",
            "the token is: hunter2",
            "login of app with password hunter2 failed",
            "using the passphrase hunter2",
            "cannot log in as app/hunter2@db",
            "ORA-01017: app/hunter2@//db.example.org:1521/x refused",
            "sqlplus app/hunter2@ORCL",
            "app:hunter2@db.example.org:5432 does not answer",
            "alter user app identified by hunter2",
            "mysql -h db -u app -phunter2 orders",
            "sshpass -p hunter2 ssh db",
            "unknownKey=hunter2")) {
      assertThat(Redaction.masked(message)).as(message).doesNotContain(WORD, KEY).contains("***");
    }
    assertThat(Redaction.masked("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln-x is old"))
        .isEqualTo("token *** is old");
    assertThat(Redaction.masked("digest 9b74c9897bac770ffc029102a200c5de differs"))
        .isEqualTo("digest *** differs");
  }

  @Example
  void theSecretAloneIsMaskedInAnAddress() {
    assertThat(Redaction.masked("no login at https://app:hunter2@db.example.org/x"))
        .isEqualTo("no login at https://***@db.example.org/x");
  }

  @Example
  void whatExplainsAnErrorStays() {
    for (String message :
        List.of(
            "",
            "no disk",
            "Connection refused: db-1.eu-west-3.example.org/10.0.0.7:5432",
            "KeeperErrorCode = NoNode for /orders/shards/7/leader",
            "/var/lib/tenure/orders-2026/audit-00000001.jsonl: No space left on device",
            "io.tenure.internal.session.SomeRatherLongClassNameOfAnException is final",
            "Index 5 out of bounds for length 5",
            "epoch 12 of 0x1000000a2b30001 is older than 13",
            "For input string: \"twelve\"",
            "orders-worker-7f9c4d5b6-x2x1z is gone",
            "task 3f2504e0-4f89-11d3-9a0c-0305e82c3301 was cancelled",
            "the token has expired",
            "the password is wrong, the private key too",
            "the password was not given and the token is expired",
            "wrong user or password authentication for app",
            "the secret is required, with token authentication",
            "No LoginModule for zookeeper/zk-1.example.org@EXAMPLE.ORG",
            "mail from orders@example.org is late",
            "10.0.0.7:2181 and [::1]:2181 take no connections",
            "at 10:15:30 it was on db-1:5432/orders",
            "https://db.example.org:8443/x: 503",
            "<html><body>503 Service Unavailable</body></html>",
            "the command mysqldump --host db --port 3306 ended with 2")) {
      assertThat(Redaction.masked(message)).isEqualTo(message);
    }
  }

  @Property
  void anyMessageIsMasked(@ForAll String message) {
    assertThat(Redaction.masked("a password=" + WORD + " " + message)).startsWith("a password=***");
  }

  @Example
  void aMegabyteOfAnythingTakesNoTime() {
    for (String part :
        List.of(
            "a",
            "aA1",
            "password",
            "a=",
            "\"",
            "://",
            "jdbc:",
            "-",
            " ",
            "aA1/",
            "a/",
            "a@",
            "a:",
            "mysql ",
            "is ",
            "password is ",
            "with password ")) {
      Assertions.assertTimeoutPreemptively(
          Duration.ofSeconds(10), () -> Redaction.masked(part.repeat((1 << 20) / part.length())));
    }
  }
}
