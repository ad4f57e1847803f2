/* A client of the DMP door on gSOAP: the stack writes the envelope, packs the MTOM parts and reads the answer.
 *   client deposit|retrieve FOLDER      what FOLDER holds: tests/conformance/test_dmp_stacks.py
 * Prints `status S` and `document ID SHA-256` of what was read, or `fault CODE`. */
#include <dirent.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repository.nsmap"
#include "soapH.h"

enum { MOST_DOCUMENTS = 16, LONGEST_PATH = 4096 };

static const char *folder;

static const char *path_of(const char *name) {
    static char path[LONGEST_PATH];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* The bytes of a file of the folder, with a zero after them. */
static char *bytes(struct soap *soap, const char *name, int *size) {
    FILE *file = fopen(path_of(name), "rb");
    if (!file || fseek(file, 0, SEEK_END)) {
        perror(name);
        exit(2);
    }
    *size = (int)ftell(file);
    rewind(file);
    char *content = soap_malloc(soap, (size_t)*size + 1);
    if (fread(content, 1, (size_t)*size, file) != (size_t)*size) exit(2);
    content[*size] = '\0';
    fclose(file);
    return content;
}

static char *text(struct soap *soap, const char *name) {
    int size;
    return bytes(soap, name, &size);
}

/* The headers of a call; the assertion goes as it is: it is signed. */
static void set_header(struct soap *soap, const char *action) {
    static struct wsse__Security security;
    static struct SOAP_ENV__Header header;
    security.__any = text(soap, "assertion.xml");
    header = (struct SOAP_ENV__Header){(char *)action, soap_strdup(soap, soap_rand_uuid(soap, "urn:uuid:")), &security};
    soap->header = &header;
}

static int wanted_file(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

/* ITI-41: the documents of the folder. */
static int deposit(struct soap *soap) {
    static struct xdsb__Document documents[MOST_DOCUMENTS];
    struct xdsb__Provide request = {{text(soap, "objects.xml")}, 0, documents};
    struct rs__Response answer = {NULL};
    struct dirent **names;
    const int count = scandir(path_of("documents"), &names, wanted_file, alphasort);
    for (int i = 0; i < count && i < MOST_DOCUMENTS; i++) {
        char name[LONGEST_PATH];
        snprintf(name, sizeof name, "documents/%s", names[i]->d_name);
        struct _xop__Include *part = &documents[i].xop__Include;
        documents[i].id = names[i]->d_name;
        part->__ptr = (unsigned char *)bytes(soap, name, &part->__size);
        part->type = "application/octet-stream";
        request.__sizeDocument++;
    }
    set_header(soap, "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b");
    if (soap_call___xdsb__provide(soap, text(soap, "address"), NULL, &request, &answer)) return soap->error;
    printf("status %s\n", answer.status);
    return SOAP_OK;
}

/* ITI-43. */
static int retrieve(struct soap *soap) {
    static struct xdsb__Wanted wanted[MOST_DOCUMENTS];
    struct xdsb__Retrieve request = {0, wanted};
    char *repository = strtok(text(soap, "wanted"), " \n");
    for (int i = 0; repository && i < MOST_DOCUMENTS; i++, repository = strtok(NULL, " \n")) {
        wanted[i] = (struct xdsb__Wanted){repository, strtok(NULL, " \n")};
        request.__sizeDocumentRequest++;
    }
    struct xdsb__Retrieved answer;
    set_header(soap, "urn:ihe:iti:2007:RetrieveDocumentSet");
    if (soap_call___xdsb__retrieve(soap, text(soap, "address"), NULL, &request, &answer)) return soap->error;
    printf("status %s\n", answer.rs__RegistryResponse->status);
    for (int i = 0; i < answer.__sizeDocumentResponse; i++) {
        const struct _xop__Include *part = &answer.DocumentResponse[i].Document->xop__Include;
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned int size;
        EVP_Digest(part->__ptr, (size_t)part->__size, digest, &size, EVP_sha256(), NULL);
        printf("document %s ", answer.DocumentResponse[i].DocumentUniqueId);
        for (unsigned int j = 0; j < size; j++) printf("%02x", digest[j]);
        putchar('\n');
    }
    return SOAP_OK;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    folder = arguments[2];
    struct soap *soap = soap_new1(SOAP_ENC_MTOM);
    char pair[LONGEST_PATH];
    snprintf(pair, sizeof pair, "%s", path_of("client.pem"));
    soap_ssl_init();
    if (soap_ssl_client_context(soap, SOAP_SSL_DEFAULT, pair, NULL, path_of("authorities.pem"), NULL, NULL)) {
        soap_print_fault(soap, stderr);
        return 1;
    }
    const int error = strcmp(arguments[1], "deposit") ? retrieve(soap) : deposit(soap);
    const char *subcode = error && soap->fault ? soap_fault_subcode(soap) : NULL;
    if (error && subcode) {
        printf("fault %s\n", subcode);
    } else if (error) {
        soap_print_fault(soap, stderr);
    }
    soap_destroy(soap);
    soap_end(soap);
    soap_free(soap);
    return error && !subcode;
}
