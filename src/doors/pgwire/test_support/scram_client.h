#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>
#include <utility>

#include "base/bytes.h"

namespace latchkey::pgwire::test {

/// A client's side of SCRAM-SHA-256, written from RFC 5802 and without the code under test.
class ScramClient {
 public:
  explicit ScramClient(std::string password, std::string flag = "n", std::string binding = {})
      : password_(std::move(password)), header_(flag + ",,"), binding_(std::move(binding)) {}

  std::string first() const { return header_ + first_bare_; }

  std::string final(const std::string& server_first) {
    const std::string nonce = part(server_first, "r=");
    const std::string salt = decode(part(server_first, "s="));
    const int iterations = std::stoi(part(server_first, "i="));
    std::string salted(32, '\0');
    PKCS5_PBKDF2_HMAC(password_.data(), static_cast<int>(password_.size()), bytes(salt),
                      static_cast<int>(salt.size()), iterations, EVP_sha256(), 32,
                      mutable_bytes(salted));
    const std::string client_key = hmac(salted, "Client Key");
    std::string stored_key(32, '\0');
    EVP_Digest(client_key.data(), client_key.size(), mutable_bytes(stored_key), nullptr,
               EVP_sha256(), nullptr);
    const std::string without_proof = "c=" + encode(header_ + binding_) + ",r=" + nonce;
    const std::string text = first_bare_ + "," + server_first + "," + without_proof;
    std::string proof = hmac(stored_key, text);
    for (std::size_t i = 0; i < proof.size(); ++i)
      proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
    expected_ = "v=" + encode(hmac(hmac(salted, "Server Key"), text));
    return without_proof + ",p=" + encode(proof);
  }

  bool trusts(const std::string& server_final) const { return server_final == expected_; }

 private:
  static const unsigned char* bytes(const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  }
  static unsigned char* mutable_bytes(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
  }
  static std::string part(const std::string& message, const std::string& name) {
    const std::size_t begin = message.find(name) + name.size();
    return message.substr(begin, message.find(',', begin) - begin);
  }
  static std::string hmac(const std::string& key, const std::string& text) {
    std::string digest(32, '\0');
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(text), text.size(),
         mutable_bytes(digest), &size);
    return digest;
  }
  static std::string encode(const std::string& text) {
    std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');
    const int size =
        EVP_EncodeBlock(mutable_bytes(encoded), bytes(text), static_cast<int>(text.size()));
    encoded.resize(static_cast<std::size_t>(size));
    return encoded;
  }
  static std::string decode(const std::string& text) {
    std::string decoded(text.size(), '\0');
    int size = EVP_DecodeBlock(mutable_bytes(decoded), bytes(text), static_cast<int>(text.size()));
    for (std::size_t i = text.size(); i > 0 && text[i - 1] == '='; --i) --size;
    decoded.resize(static_cast<std::size_t>(size));
    return decoded;
  }

  const std::string password_;
  const std::string header_;
  const std::string binding_;
  const std::string first_bare_ = "n=,r=client-nonce";
  std::string expected_;
};

}  // namespace latchkey::pgwire::test
