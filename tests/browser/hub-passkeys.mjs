// Passkeys in Chromium, with an authenticator that it makes up.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "./hub-mission.mjs";

/** Passkeys: added on the account's page, taken along and added on a phone, signing an arrival without a network, checked without Muster. */
export async function passkeys(third, server, passwords, code, { folder, pin, paper }) {
  const { page } = third;
  const client = await page.context().newCDPSession(page);
  await client.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
  const { authenticatorId } = await client.send("WebAuthn.addVirtualAuthenticator", { options });
  const knows = (isUserVerified) => client.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });

  const desk = async (path) => {
    await page.goto(`${third.gate.url}/sign-in`);
    await page.fill("#name", "petro");
    await page.fill("#password", passwords.petro);
    await page.click("button[type=submit]");
    await page.waitForURL((address) => !address.pathname.startsWith("/sign-in"));
    await page.goto(third.gate.url + path);
  };
  await desk("/account");
  const add = async () => {
    await page.getByLabel("Where the passkey lies").fill("laptop");
    await third.button("Add a passkey").click();
  };
  await knows(false);
  await add();
  await third.said("it was declined, or it took too long");
  await knows(true);
  await add();
  await third.said("Passkey localhost");
  await add();
  await third.said("This device has a passkey of yours already");
  await third.check("account");
  await page.goto(`${third.gate.url}/hub`);
  await third.setUp("petro", passwords.petro);

  // The one that is on this device is taken along; on another device one is made.
  const onPhone = async (said) => {
    await third.go("#/phone");
    await page.locator("summary", { hasText: "Add a passkey" }).click();
    await page.getByLabel("PIN", { exact: true }).fill(pin);
    await third.button("Add a passkey").click();
    await third.said(said);
  };
  await onPhone("from now on you can sign by it here");
  await client.send("WebAuthn.clearCredentials", { authenticatorId });
  await onPhone("The passkey was added");
  await page.locator("summary", { hasText: "Add a passkey" }).click();
  await third.said("Your passkeys that this phone knows: 2");
  await third.check("passkey");

  third.gate.shut();
  await third.asStated(code);
  await third.go(`#/c/${code}/arrive`);
  await third.button("Sign").click();
  const side = (name) => page.locator(`fieldset[data-side=${name}]`);
  await side("takes_over").getByLabel("Signs", { exact: true }).selectOption({ label: "petro (OP) – passkey" });
  await side("hands_over").getByLabel("Name", { exact: true }).fill("Driver");
  await side("hands_over").getByLabel("For which party").fill("Carrier");
  await side("hands_over").getByLabel("Photograph of the signed paper").setInputFiles(paper);
  await knows(false);
  await third.button("Take over").click();
  await third.said("petro: Nothing was signed");
  await third.check("declined");
  await knows(true);
  await third.done("Take over");
  await third.said("Not sent yet: 1");
  third.gate.closed = false;
  await third.sendNow();
  await third.said("All is sent");

  const staff = await Client.of(server.url, "staff", passwords.staff);
  const receiptSays = async (said) => {
    const { handovers } = await staff.get(`/consignments/${code}`);
    const file = join(folder, "receipt.json");
    await writeFile(file, JSON.stringify(await staff.get(`/handovers/${handovers.at(-1).handover}/receipt`)));
    assert.match(await server.run("handover", "verify", file), said);
  };
  await receiptSays(/petro \(OP\) takes over, by passkey [0-9a-f]{16}: the signature is right/);

  assert.match(await server.run("user", "keys", "petro"), /[0-9a-f]{16} +passkey +laptop +localhost/);

  // At a desk, whoever is signed in signs by their passkey, and the other by PIN.
  await (await Client.of(server.url, "olena", passwords.olena)).ask("PUT", "/me/pin", { pin });
  await desk(`/consignments/${code}`);
  const form = page.locator("section", { has: page.locator("#depart") });
  await form.getByLabel("Carrier").fill("Carrier");
  await form.getByLabel("Plate, train").fill("UA 779");
  await form.locator("summary", { hasText: "Sign" }).click();
  await form.getByLabel("I sign by my passkey").selectOption("from");
  await form.getByRole("textbox", { name: "Who takes over" }).fill("olena");
  await form.getByLabel("Their PIN, too").fill(pin);
  await knows(false);
  await form.getByRole("button", { name: "Depart", exact: true }).click();
  await form.getByText("Nothing was signed").waitFor();
  await knows(true);
  await form.getByRole("button", { name: "Depart", exact: true }).click();
  await third.said("Under way");
  await third.check("desk");
  await receiptSays(/petro \(OP\) hands over, by passkey [0-9a-f]{16}: the signature is right[^]*olena \(OP\) takes over, by pin/);
}
