// ITI-41 and ITI-43 for soapcpp2, which makes C of them: the elements that the client writes and reads, and no others.
//gsoap xdsb schema namespace: urn:ihe:iti:xds-b:2007
//gsoap xdsb schema elementForm: qualified
//gsoap lcm schema namespace: urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0
//gsoap rs schema namespace: urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0
//gsoap wsa5 schema namespace: http://www.w3.org/2005/08/addressing
//gsoap wsse schema namespace: http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd
#import "xop.h"

struct wsse__Security { _XML __any; };
struct SOAP_ENV__Header {
    char *wsa5__Action;
    char *wsa5__MessageID;
    struct wsse__Security *wsse__Security;
};

struct lcm__Submit { _XML __any; };
struct xdsb__Document { @char *id; struct _xop__Include xop__Include; };
struct xdsb__Provide {
    struct lcm__Submit lcm__SubmitObjectsRequest;
    int __sizeDocument;
    struct xdsb__Document *Document;
};
struct rs__Response { @char *status; };

struct xdsb__Wanted { char *RepositoryUniqueId; char *DocumentUniqueId; };
struct xdsb__Retrieve { int __sizeDocumentRequest; struct xdsb__Wanted *DocumentRequest; };
struct xdsb__Content { struct _xop__Include xop__Include; };
struct xdsb__Found { char *DocumentUniqueId; struct xdsb__Content *Document; };
struct xdsb__Retrieved {
    struct rs__Response *rs__RegistryResponse;
    int __sizeDocumentResponse;
    struct xdsb__Found *DocumentResponse;
};

//gsoap xdsb service name: repository
//gsoap xdsb service method-action: provide urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b
int __xdsb__provide(struct xdsb__Provide *xdsb__ProvideAndRegisterDocumentSetRequest, struct rs__Response *rs__RegistryResponse);
//gsoap xdsb service method-action: retrieve urn:ihe:iti:2007:RetrieveDocumentSet
int __xdsb__retrieve(struct xdsb__Retrieve *xdsb__RetrieveDocumentSetRequest,
                     struct xdsb__Retrieved *xdsb__RetrieveDocumentSetResponse);
