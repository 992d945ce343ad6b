"""A CA and what it signs, made by openssl for one test: ca.pem, NAME.pem, NAME.key."""

import os
import subprocess


def openssl(*words, cwd):
    done = subprocess.run(["openssl", *words], cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr


class Authority:
    def __init__(self, directory, name="ca"):
        self.directory, self.name = str(directory), name
        os.makedirs(self.directory, exist_ok=True)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem", cwd=self.directory)

    def path(self, file):
        return os.path.join(self.directory, file)

    @property
    def certificate(self):
        return self.path(f"{self.name}.pem")

    def sign(self, name, san="", days=2):
        """NAME.pem and NAME.key; san such as "DNS:localhost,IP:127.0.0.1"; days <= 0: expired."""
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout",
                f"{name}.key", "-out", f"{name}.csr", cwd=self.directory)
        with open(self.path(f"{name}.ext"), "w") as f:
            f.write(f"subjectAltName={san}\n" if san else "basicConstraints=CA:FALSE\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.pem", "-CAkey", f"{self.name}.key", "-CAcreateserial",
                "-days", str(days), "-extfile", f"{name}.ext", "-out", f"{name}.pem", cwd=self.directory)
        os.chmod(self.path(f"{name}.key"), 0o644)  # a plugin may be nobody
        return self.pair(name)

    def pair(self, name):
        return self.path(f"{name}.pem"), self.path(f"{name}.key")


def authority_of(folders, **names):
    """For a fixture of a module: a CA in a folder of its own that has signed each name for those addresses."""
    made = Authority(folders.mktemp("ca"))
    for name, san in names.items():
        made.sign(name, san)
    return made
