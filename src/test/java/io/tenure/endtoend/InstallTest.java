package io.tenure.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** What {@code mvn install} needs of the modules, which {@code mvn verify} does not look at. */
class InstallTest {

  /** The tests of this module run in its folder. */
  private static final Path ROOT = Path.of("..", "..").toAbsolutePath().normalize();

  private static final XPath XPATH = XPathFactory.newInstance().newXPath();

  @Test
  void aModuleWithoutAJarOfItsOwnIsNeitherInstalledNorDeployed() throws Exception {
    List<Path> withoutJar = withoutJar();

    assertThat(withoutJar).as("modules of tests alone").hasSizeGreaterThanOrEqualTo(2);
    for (Path pom : withoutJar) {
      for (String goal : List.of("install", "deploy")) {
        assertThat(value(pom, "/project/properties/maven." + goal + ".skip"))
            .as("%s of %s, which would fail for want of a jar", goal, pom)
            .isEqualTo("true");
      }
    }
  }

  private static List<Path> withoutJar() throws Exception {
    NodeList modules =
        (NodeList)
            XPATH.evaluate(
                "/project/modules/module", parse(ROOT.resolve("pom.xml")), XPathConstants.NODESET);
    assertThat(modules.getLength()).isPositive();
    List<Path> found = new ArrayList<>();
    for (int i = 0; i < modules.getLength(); i++) {
      Path folder = ROOT.resolve(modules.item(i).getTextContent().trim());
      Path pom = folder.resolve("pom.xml");
      String packaging = value(pom, "/project/packaging");
      boolean jar = packaging.isEmpty() || packaging.equals("jar");
      if (jar && !Files.isDirectory(folder.resolve("src/main"))) {
        found.add(pom);
      }
    }
    return found;
  }

  private static String value(Path pom, String path) throws Exception {
    return XPATH.evaluate(path, parse(pom)).trim();
  }

  private static Document parse(Path pom) throws Exception {
    return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(pom.toFile());
  }
}
