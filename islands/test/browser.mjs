// Debian's Chromium, and the ways in which pages are looked at.
import { chromium } from "playwright-core";

export const looks = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 1000 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 1000 } },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 844 } },
  { name: "phone-dark", colorScheme: "dark", viewport: { width: 390, height: 844 } },
];

export function launch() {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
