import { describe, expect, it } from "vitest";
import { clientKey, TollgateError } from "../src/index.js";

const keysOf = (addresses: readonly string[]) => new Set(addresses.map((address) => clientKey(address)));

describe("IPv4", () => {
  it.each(["1.2.3.4", "0.0.0.0", "255.255.255.255", "127.0.0.1"])("%s is its own key", (address) => {
    expect(clientKey(address)).toBe(address);
  });

  it("is the same in every way of writing it", () => {
    expect(
      keysOf([
        "1.2.3.4",
        " 1.2.3.4\t",
        "1.2.3.4:567",
        "::ffff:1.2.3.4",
        "::FFFF:1.2.3.4",
        "::ffff:102:304",
        "::ffff:0102:0304",
        "0:0:0:0:0:ffff:1.2.3.4",
        "0000:0000:0000:0000:0000:ffff:0102:0304",
        "0::ffff:1.2.3.4",
        "::0:ffff:102:304",
        "::ffff:1.2.3.4%eth0",
        "[::ffff:1.2.3.4]",
        "[::ffff:102:304]:8080",
        "64:ff9b::1.2.3.4",
        "64:ff9b::102:304",
      ]),
    ).toEqual(new Set(["1.2.3.4"]));
  });

  it.each([
    "256.1.1.1",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.04",
    "0x1.2.3.4",
    "1.2.3.4:",
    "1.2.3.4:123456",
    "1.2.3.-4",
    "1..3.4",
    "16909060",
    "[1.2.3.4]:80",
  ])("%s is none", (text) => {
    expect(clientKey(text)).toBe(`?${text}`);
  });
});

describe("IPv6", () => {
  it("is one key for a whole /56, so that nobody gets a new one by rotating", () => {
    const addresses = Array.from({ length: 256 }, (_, i) => `2001:db8:1:2${i.toString(16).padStart(2, "0")}::${i}`);
    expect(keysOf(addresses)).toEqual(new Set(["2001:db8:1:200::/56"]));
    expect(keysOf(["2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"]).size).toBe(1);
  });

  it("tells networks next to each other apart", () => {
    expect(keysOf(["2001:db8:1:2ff::", "2001:db8:1:300::", "2001:db8:1:1ff::", "2001:db9:1:2ff::"]).size).toBe(4);
  });

  it.each([
    ["::", "::/56"],
    ["::1", "::/56"],
    ["1::", "1::/56"],
    ["FE80::1%eth0", "fe80::/56"],
    ["[fe80::1%25en0]:443", "fe80::/56"],
    ["[2001:db8::1]:8080", "2001:db8::/56"],
    ["[2001:db8::1]", "2001:db8::/56"],
    [" 2001:DB8:0:0:0:0:0:1 ", "2001:db8::/56"],
    ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::/56"],
    ["1:2:3:4:5:6:7:8", "1:2:3::/56"],
    ["1:2:3:4ff:5:6:7::", "1:2:3:400::/56"],
    ["::2:3:4:5:6:7:8", "0:2:3::/56"],
    ["2001:db8:1:2::1.2.3.4", "2001:db8:1::/56"],
  ])("%s is %s", (address, key) => {
    expect(clientKey(address)).toBe(key);
  });

  it.each([
    "0:1::ffff:1.2.3.4",
    "1::ffff:1.2.3.4",
    "::1:0:0:ffff:1.2.3.4",
    "::1:0:ffff:1.2.3.4",
    "::1:ffff:1.2.3.4",
    "::fffe:1.2.3.4",
    "::1.2.3.4",
    "64:ff9b:1::1.2.3.4",
    "64:ff9b::1:0:0:1.2.3.4",
    "64:ff9b::1:0:1.2.3.4",
    "64:ff9b::1:1.2.3.4",
    "64:ff9a::1.2.3.4",
    "65:ff9b::1.2.3.4",
  ])("%s ends like an IPv4 address, but is none", (address) => {
    expect(clientKey(address)).toMatch(/^[0-9a-f:]+\/56$/);
  });

  it.each([
    [0, "::/0"],
    [1, "8000::/1"],
    [16, "ffff::/16"],
    [47, "ffff:ffff:fffe::/47"],
    [64, "ffff:ffff:ffff:ffff::/64"],
    [127, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"],
    [128, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ])("keeps %i bits", (ipv6Prefix, key) => {
    expect(clientKey("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", { ipv6Prefix })).toBe(key);
  });

  it.each([
    ["2001:0:0:1::1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1:0:0:0:0:0:0:0", "1::"],
  ])("%s is written as %s (RFC 5952)", (address, written) => {
    expect(clientKey(address, { ipv6Prefix: 128 })).toBe(written);
  });

  it.each([
    "1::2::3",
    ":::",
    "1:::2",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "12345::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4::5:6:7:8",
    "::g",
    "::1.2.3",
    "::1.2.3.256",
    "::1.2.3.4:5",
    "1.2.3.4::",
    "1:2:3:4:5:6:7:1.2.3.4",
    "[::1",
    "::1]",
    "[::1]x",
    "[::1]:",
    "%eth0",
    ":",
  ])("%s is none", (text) => {
    expect(clientKey(text)).toBe(`?${text}`);
  });
});

describe("what is no address", () => {
  it("has a key that no address has", () => {
    expect(clientKey(" Unix ")).toBe("?unix");
    expect(clientKey("")).toBe("?");
    expect(clientKey("2001:db8::/56")).toBe("?2001:db8::/56");
  });

  it("costs little, however long it is", () => {
    const long = ":".repeat(1 << 20);
    expect(clientKey(long)).toBe(`?${long}`);
    expect(clientKey(`[${"a:".repeat(1 << 19)}`)).toHaveLength((1 << 20) + 2);
  });

  it.each([undefined, null, 7, {}])("%s is an error", (ip) => {
    const error = thrownBy(() => clientKey(ip as unknown as string));
    expect(error).toBeInstanceOf(TollgateError);
    expect(error).toMatchObject({ code: "CONFIG_KEY" });
  });
});

it.each([-1, 129, 56.5, Number.NaN, "56", null])("ipv6Prefix %s is an error", (ipv6Prefix) => {
  const error = thrownBy(() => clientKey("::1", { ipv6Prefix: ipv6Prefix as number }));
  expect(error).toMatchObject({ code: "CONFIG_IPV6_PREFIX", message: expect.stringContaining("from 0 to 128") });
});

it("an unknown option is an error", () => {
  const error = thrownBy(() => clientKey("::1", { prefix: 64 } as object));
  expect(error).toMatchObject({ code: "CONFIG_UNKNOWN_OPTION" });
});

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
