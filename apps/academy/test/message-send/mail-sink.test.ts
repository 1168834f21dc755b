import { afterAll, describe, expect, it } from "vitest";
import { SmtpProvider } from "../../src/jobs/message-send/smtp-provider.ts";
import { MailSink } from "../../src/mail-sink/index.ts";

const sink = new MailSink();
afterAll(() => sink.close());

describe("the embedded mode's mail server", () => {
  it("takes every address that messages go to, those in quotes with a blank or an @ in them, too", async () => {
    const provider = new SmtpProvider({ url: await sink.open(), from: "academy@example.com" });
    const addresses = [
      '"a b"@example.com',
      '"a@b:c"@example.com',
      '"a\\"b"@example.com',
      '"하늘 김"@xn--3e0b707e.kr',
      "plain@example.com",
    ];
    for (const [n, address] of addresses.entries()) {
      const message = { id: `m.${n}.x`, address, subject: "s", text: "t" };
      expect(await provider.handOver(message), address).toEqual({ outcome: "sent" });
    }
    provider.close();
    const shown = sink.mails.map(({ to }) => to).reverse();
    expect(shown).toEqual(addresses.map((address) => address.replace("xn--3e0b707e", "한국")));
  });
});
