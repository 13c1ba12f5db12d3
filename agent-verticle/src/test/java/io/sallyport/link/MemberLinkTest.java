package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.config.HoldersConfig;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.testing.LeakCheck;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// One link, whose other end the test drives.
@ExtendWith(LeakCheck.class)
class MemberLinkTest {
  @TempDir private static Path folder;
  private static TestFiles files;

  @BeforeAll
  static void makeCertificates() {
    files = new TestFiles(folder);
    files.certificate("cluster", "ec:P-256", "");
    files.issued("cluster", "edge", "DNS:edge");
    files.issued("cluster", "holder-1", "DNS:holder-1");
  }

  /// It is dialed from within an event of the socket that broke, outside of every context of
  /// Vert.x, which then takes the event loop of the thread.
  @Test
  void aLostLinkComesBackOnTheEventLoopOfTheLinks() throws Exception {
    BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();
    try (HandMember holder = new HandMember(files, "holder-1", (_, _) -> {});
        HandMember edge = new HandMember(files, "edge", (_, _) -> {});
        LocalKeyringStore own = new LocalKeyringStore()) {
      TakenOffers offers = new TakenOffers(new HoldersConfig.Any(), own, "holder-1");
      boolean[] isNew = {true};
      MemberLink[] link = new MemberLink[1];
      LinkDialer dialer =
          edge.dialer((_, _) -> {
            if (isNew[0]) {
              isNew[0] = false;
              threads.add(Thread.currentThread());
            }
          });
      link[0] = new MemberLink(dialer, "holder-1", holder.address(), offers);
      edge.on(link[0]::connect);
      Set<Thread> seen = new HashSet<>();
      for (int i = 0; i < 4; i++) {
        seen.add(threads.poll(20, TimeUnit.SECONDS));
        edge.on(() -> isNew[0] = true);
        holder.endAll();
        assertThat(holder.ends().poll(20, TimeUnit.SECONDS)).isEqualTo("the test ends it");
      }
      edge.on(() -> {
        seen.add(Thread.currentThread());
        link[0].close();
      });
      assertThat(seen).hasSize(1).doesNotContainNull();
    }
  }
}
