package io.tenure.cli.doctor;

import io.tenure.internal.session.ZnodeReader;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;

/**
 * What the checks share: what is to be looked at, and what was read, once. If reading fails, the
 * next check that needs it tries again. Confined to one thread.
 */
final class Context {

  private final Examination examination;
  private final ZnodeReader znodes;
  private Optional<Survey> survey = Optional.empty();
  private Optional<Ensemble> ensemble = Optional.empty();

  Context(Examination examination) {
    this.examination = examination;
    this.znodes = new ZnodeReader(examination.client());
  }

  Examination examination() {
    return examination;
  }

  CuratorFramework client() {
    return examination.client();
  }

  ZnodeReader znodes() {
    return znodes;
  }

  List<GroupFacts> groups() throws InterruptedException {
    return survey().groups();
  }

  /** Those of groups as well. */
  List<ScopeFacts> scopes() throws InterruptedException {
    return survey().scopes();
  }

  Survey survey() throws InterruptedException {
    if (survey.isEmpty()) {
      survey = Optional.of(Survey.read(examination, znodes));
    }
    return survey.get();
  }

  Ensemble ensemble() throws InterruptedException {
    if (ensemble.isEmpty()) {
      ensemble = Optional.of(Ensemble.ask(examination));
    }
    return ensemble.get();
  }
}
