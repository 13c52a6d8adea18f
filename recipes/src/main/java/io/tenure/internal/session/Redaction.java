package io.tenure.internal.session;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Takes out of a message what may be secret, before it goes where many can read it: an audit trail
 * is kept, and by default readable by every client. It knows secrets by how they are written, so it
 * masks too much rather than too little, and is no proof that nothing is left: what must not be
 * told at all is for the hook that replaces it, or for the log alone. Stateless.
 */
final class Redaction {

  /** What stands in place of a secret. */
  static final String MASK = "***";

  /** What comes after that in a message is not looked at and not kept. */
  private static final int MAX_CHARS = 2_000;

  private static final String SECRET =
      "(?<![\\w.-])[\\w.-]*(?:passw|passwd|passphrase|pwd|secret|token|credential|authorization"
          + "|(?:api|access|private|secret)[-_. ]?key|cookie|jwt|signature)[\\w.-]*";

  /** What stands between a key and its value, also in a string of JSON and in a URL. */
  private static final String IS = "\\\\*[\"']?\\s*(?:=>|->|\u2192|:=|==|[:=]|%3[ad])\\s*";

  /** A value in quotes, which may be escaped themselves, as in JSON, or doubled, as in SQL. */
  private static final String QUOTED =
      "(?:\\\\+\"[^\"]*\"?|\"(?s:.*?)(?:(?<!\\\\)\"|\\z)|\\\\*'(?:[^']|'')*+'?)";

  /** The value of a secret: what usually ends a value may be a part of it. */
  private static final String SECRET_VALUE = "(?:" + QUOTED + "|[^\\s\"']\\S*)";

  /** A value: in quotes, or up to what usually ends it. */
  private static final String VALUE = "(?:\"[^\"]*\"?|'[^']*'?|[^\\s,;&)\\]}\"']+)";

  /** What is said of a secret, rather than the secret. */
  private static final String REMARK =
      "(?!(?:is|was|were|has|had|have|will|must|may|does|did|do|can|cannot|not|no|now|too|already|also|still|never|only|about|a|an|the|in|of|for|from|to|by|at|on"
          + "|as|or|and|but|wrong|right|invalid|valid|bad|good|missing|empty|blank|null|unset|set"
          + "|absent|required|needed|expected|given|used|unused|known|unknown|incorrect|correct"
          + "|rejected|refused|denied|accepted|expired|expiring|revoked|locked|changed|unchanged"
          + "|old|new|weak|long|short|different|the same|stale|malformed|damaged|unreadable"
          + "|encrypted|protected|authentication|verification|file|store|policy|change|reset)\\b)";

  private record Rule(Pattern secret, String masked) {
    static Rule of(String secret, String masked) {
      return new Rule(Pattern.compile(secret, Pattern.CASE_INSENSITIVE), masked);
    }
  }

  /** In this order: the first find what the later ones would take apart. */
  private static final List<Rule> RULES =
      List.of(
          // A private key, up to the end of the message.
          new Rule(Pattern.compile("-----BEGIN [A-Z ]+-----.*", Pattern.DOTALL), MASK),
          Rule.of("\\bjdbc:([a-z0-9]+):[^\\s\"']*", "jdbc:$1:" + MASK),
          // User and password in a URL, with or without what follows it.
          Rule.of("(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*://)[^\\s\"']+@", "$1" + MASK + "@"),
          // Also a scheme that ZooKeeper knows: digest:user:password, addauth digest user:password.
          Rule.of("\\b((?:digest|sasl|super)(?::|\\s+))[^\\s:,;]+:[^\\s,;]+", "$1" + MASK),
          Rule.of("(authorization[\"']?\\s*[:=]\\s*)[^\\r\\n]+", "$1" + MASK),
          Rule.of("\\b(bearer|basic|negotiate|apikey)\\s+[\\w+/=.~-]{8,}", "$1 " + MASK),
          Rule.of("(" + SECRET + IS + ")" + SECRET_VALUE, "$1" + MASK),
          Rule.of(
              "((?<![\\w.-])(?:[\\w.-]*[._-])?(?:pass|pw)" + IS + ")" + SECRET_VALUE, "$1" + MASK),
          // The argument of a call, or a field as some classes print theirs.
          Rule.of("(" + SECRET + "[(\\[])(?:" + QUOTED + "|[^\\s\"')\\]]+)", "$1" + MASK),
          // XML, as an element or as the text of one that is named by an attribute.
          Rule.of("(<[^<>]*?" + SECRET + "[^<>]*>)[^<]+", "$1" + MASK),
          // Arguments of a program.
          Rule.of("((?<!\\S)--?(?:[\\w.-]*[._-])?(?:pass|pw)\\s+)\\S+", "$1" + MASK),
          Rule.of("((?<!\\S)(?=--?)" + SECRET + "\\s+)(?!\\*\\*\\*)\\S+", "$1" + MASK),
          Rule.of("((?<!\\S)(?:-u|--user)\\s+)\\S+", "$1" + MASK),
          Rule.of("(" + SECRET + "\\s+(?:is|was|of|for)?\\s*)" + QUOTED, "$1" + MASK),
          // In a sentence, unless it is a remark on the secret.
          Rule.of(
              "(" + SECRET + "\\s+(?:is|was|were|became)\\s*:?\\s+)(?!\\*\\*\\*)" + REMARK + "\\S+",
              "$1" + MASK),
          Rule.of(
              "(\\b(?:with|using|by|and)\\s+(?:the\\s+|its\\s+)?"
                  + SECRET
                  + "\\s+)(?!\\*\\*\\*)"
                  + REMARK
                  + "[^\\s\"']\\S*",
              "$1" + MASK),
          Rule.of("(\\bidentified\\s+by\\s+)" + SECRET_VALUE, "$1" + MASK),
          Rule.of(
              "(\\b(?:mysql\\w*|sshpass)\\s(?:[^\\r\\n]{0,200}?\\s)?-p\\s?)(?!\\s)\\S+",
              "$1" + MASK),
          // user/password@database and user:password@host. A principal of a service has no
          // password, and the secrets of URLs are masked by then.
          Rule.of(
              "(?<![\\w./:-])(?!(?:zookeeper|host|http|ldap|nfs|krbtgt)/)([\\w.$#-]{1,100})([/:])(?!/)"
                  + "[^\\s@]{1,200}@(?=[\\w/\\[])",
              "$1$2" + MASK + "@"),
          // Any other value that has a key: no rule can know the meaning of every key.
          Rule.of("(?<![\\w.-])([\\w.-]+=)(?!\\*\\*\\*)" + VALUE, "$1" + MASK),
          new Rule(Pattern.compile("\\beyJ[\\w-]{8,}(?:\\.[\\w-]*)*"), MASK),
          new Rule(Pattern.compile("\\b[0-9a-fA-F]{24,}\\b"), MASK),
          // Keys and tokens mix capital letters, small ones and digits; words and names do not.
          new Rule(
              Pattern.compile(
                  "(?<![\\w/+-])(?=[\\w/+-]*[0-9])(?=[\\w/+-]*[a-z])(?=[\\w/+-]*[A-Z])"
                      + "[A-Za-z0-9][\\w/+-]{19,}={0,2}"),
              MASK));

  private Redaction() {}

  /** The message with {@value #MASK} in place of what may be secret. */
  static String masked(String message) {
    String text = message.length() <= MAX_CHARS ? message : message.substring(0, MAX_CHARS);
    for (Rule rule : RULES) {
      text = rule.secret.matcher(text).replaceAll(rule.masked);
    }
    return text;
  }
}
